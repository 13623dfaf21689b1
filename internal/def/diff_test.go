package def

import (
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	files := base()
	files["connections/db.connection"] = []byte("TYPE postgres\nPOSTGRES_HOST h\nPOSTGRES_PASSWORD before\n")
	files["datasources/d.datasource"] = []byte("SCHEMA >\n    a Int8,\n    b String\n")
	files["syncs/gone.yaml"] = []byte(strings.Replace(string(files["syncs/s.yaml"]), "x.csv", "y.csv", 1))
	old, problems := Parse(files)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	delete(files, "syncs/gone.yaml")
	files["connections/db.connection"] = []byte("# moved down a line\nTYPE postgres\nPOSTGRES_HOST h2\nPOSTGRES_PASSWORD after\n")
	files["datasources/d.datasource"] = []byte("SCHEMA >\n    c Int8,\n    a Int16,\n    b String\n")
	files["models/new.yaml"] = files["models/m.yaml"]
	files["syncs/s.yaml"] = []byte("model: m\nmode: diff\ndestination: {connection: lake, path: x.csv, format: csv, csv: {header: false}}\nschedule: {every: 1h}\n")
	files["longshore.yaml"] = []byte("name: shop\n")
	files["models/m.yaml"] = append(files["models/m.yaml"], "# a comment\n"...)
	current, problems := Parse(files)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	want := `change connection db
    sql.host: h → h2
    sql.password: **redacted** changed
change datasource d
    columns[a]: ` + "`a` Int8 → `a` Int16" + `
    columns[c]: (none) → ` + "`c` Int8" + `
create model new
delete sync gone
change sync s
    destination.csv.header: true → false
    mode: "all" → "diff"
    schedule.every: (none) → 1h0m0s
    schedule.kind: "manual" → "interval"
change settings
    name: (none) → "shop"
`
	if got := Diff(old, current).String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if plan := Diff(current, current); !plan.Empty() {
		t.Errorf("got %s, want no change", plan)
	}
	if got := len(Diff(nil, current)); got != 7 {
		t.Errorf("got %d changes from nothing, want 7", got)
	}
}

func TestDiffOfOrder(t *testing.T) {
	files := base()
	files["syncs/s.yaml"] = append(files["syncs/s.yaml"], "columns: [a, b]\n"...)
	old, _ := Parse(files)
	files["syncs/s.yaml"] = []byte(strings.Replace(string(files["syncs/s.yaml"]), "[a, b]", "[b, a]", 1))
	current, _ := Parse(files)
	if got, want := Diff(old, current).String(), "change sync s\n    columns order: a, b → b, a\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
