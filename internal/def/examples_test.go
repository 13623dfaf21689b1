package def_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/def"
)

func parseFolder(t *testing.T, dir string) (*def.Project, def.Problems) {
	t.Helper()
	files, err := def.ReadFiles(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return def.Parse(files)
}

func TestExamplesHaveNoMistakes(t *testing.T) {
	p, problems := parseFolder(t, "../../examples/shop")
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if got := [4]int{len(p.Connections), len(p.Datasources), len(p.Models), len(p.Syncs)}; got != [4]int{4, 3, 2, 4} {
		t.Errorf("got %v connections, datasources, models and syncs, want 4 3 2 4", got)
	}
	if _, err := json.Marshal(p); err != nil {
		t.Errorf("marshal: %v", err)
	}
}

func TestExampleOfTheReferencePage(t *testing.T) {
	p, problems := parseFolder(t, "testdata/reference")
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	d := p.Datasources["analytics_events"]
	var columns []string
	for _, c := range d.Columns {
		columns = append(columns, c.String())
	}
	want := strings.Join([]string{
		"`timestamp` DateTime `json:$.timestamp`",
		"`session_id` String `json:$.session_id`",
		"`action` LowCardinality(String) `json:$.action`",
		"`version` LowCardinality(String) `json:$.version`",
		"`payload` String `json:$.payload`",
	}, "\n")
	if got := strings.Join(columns, "\n"); got != want {
		t.Errorf("got columns\n%s\nwant\n%s", got, want)
	}
	if want := "Analytics events landing data source"; d.Description != want {
		t.Errorf("got description %q, want %q", d.Description, want)
	}
	e := d.Engine
	if e.Name != "MergeTree" || e.PartitionKey != "toYYYYMM(timestamp)" || e.SortingKey != "timestamp" || e.TTL != "timestamp + toIntervalDay(60)" {
		t.Errorf("got engine %+v", e)
	}
	if d.Import != nil {
		t.Errorf("got import %+v, want none", d.Import)
	}
	page, err := os.ReadFile("testdata/reference/datasources/analytics_events.datasource")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../../examples/shop/datasources/analytics_events.datasource")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != string(example) {
		t.Error("the example project's file differs from the page's")
	}
}
