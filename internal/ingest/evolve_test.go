package ingest_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
)

// define pushes the datasource anew, with other columns and further lines.
func (s *scene) define(schema, more string) {
	s.t.Helper()
	ctx := s.t.Context()
	before, err := s.ledger.CurrentProject(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	text := string(before.Files["datasources/events.datasource"])
	_, behind, _ := strings.Cut(text, "\n\nENGINE")
	before.Files["datasources/events.datasource"] = []byte("SCHEMA >\n    " + schema + "\n\nENGINE" + behind + more)
	saved, err := s.ledger.SaveProject(ctx, before.Files, before.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	s.project = saved.ID
}

// ingestAll begins a run and does its part, in chunks of so many rows.
func (s *scene) ingestAll(rows int) {
	s.t.Helper()
	s.replan()
	s.chunksOf(rows, 2)
	if _, err := s.part(); err != nil {
		s.t.Fatal(err)
	}
}

// columns is the table's columns behind those of SCHEMA, without our own.
func (s *scene) columns(table string) string {
	s.t.Helper()
	return s.one("SELECT arrayStringConcat(groupArray(concat(name, ' ', type)), ', ') FROM (SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '" +
		table + "' AND name NOT IN ('id', 'name', '_longshore_file', 'insertion_date') AND name NOT LIKE 'c\\_\\_%' ORDER BY position)")
}

func (s *scene) added() string {
	s.t.Helper()
	added, err := s.ledger.AddedColumns(s.t.Context(), "events")
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for _, a := range added {
		out = append(out, a.Name+" "+a.Type+" "+a.Path+" "+a.File)
	}
	return strings.Join(out, ", ")
}

// ndjson is rows of events; more gives what is behind id and name.
func ndjson(from, n int, more func(i int) string) []byte {
	var b bytes.Buffer
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&b, "{\"id\":%d,\"name\":\"n%d\"%s}\n", i, i, more(i))
	}
	return b.Bytes()
}

func TestNewFieldsBecomeColumns(t *testing.T) {
	tests := []struct {
		name, key, body string
		want            string // columns that are added
		rows            string // id and them
	}{
		{"csv", "a.csv", "note,id,name,price\nx,1,a,1.5\n,2,b,2\n", "note Nullable(String), price Nullable(Float64)", "[(1,'x',1.5),(2,NULL,2)]"},
		{"ndjson", "a.ndjson", `{"id":1,"name":"a","user":{"name":"ann","tags":["x"]}}` + "\n" + `{"id":2,"name":"b"}` + "\n",
			"user_name Nullable(String), user_tags Array(String)", "[(1,'ann',['x']),(2,NULL,[])]"},
		{"only nulls", "a.ndjson", `{"id":1,"name":"a","note":null}` + "\n", "note Nullable(String)", "[(1,NULL)]"},
		{"names that are ours", "a.csv", "id,name,c__error,insertion_date,_part,_longshore_file\n1,a,x,y,z,7\n", "", "[1]"},
		{"codes with zeros in front", "a.csv", "id,name,zip\n1,a,01067\n", "zip Nullable(String)", "[(1,'01067')]"},
		{"values in a row that doesn't fit", "a.csv", "id,name,zip\nx,a,1\n2,b,\n", "zip Nullable(Int64)", "[(2,NULL)]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			s.put(tt.key, []byte(tt.body))
			s.ingestAll(100)
			if got := s.columns("events"); got != tt.want {
				t.Errorf("got columns %s, want %s", got, tt.want)
			}
			var names []string
			for _, c := range strings.Fields(strings.ReplaceAll(tt.want, ",", "")) {
				if strings.ToLower(c) == c {
					names = append(names, c)
				}
			}
			if got := s.one("SELECT toString(arraySort(groupArray((" + strings.Join(append([]string{"id"}, names...), ",") + ")))) FROM events"); got != tt.rows {
				t.Errorf("got rows %s, want %s", got, tt.rows)
			}
			for _, c := range names {
				if !strings.Contains(s.columns("events_quarantine"), c+" Nullable(String)") {
					t.Errorf("the quarantine has no %s", c)
				}
			}
		})
	}
}

// A field that first appears in the midst of a file: the rows before it are
// stored, the column is added, and the file is gone on with.
func TestFieldsThatAppearInTheMidstOfAFile(t *testing.T) {
	s := newScene(t)
	s.put("a.ndjson", ndjson(0, 1000, func(i int) (more string) {
		if i >= 450 {
			more += fmt.Sprintf(`,"late":%d`, i)
		}
		if i == 820 {
			more += `,"once":{"deep":true}`
		}
		return more
	}))
	s.ingestAll(100)
	if got, want := s.added(), "late Nullable(Int64) $.late a.ndjson, once_deep Nullable(Bool) $.once.deep a.ndjson"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	got := s.one("SELECT toString((count(), uniqExact(id), countIf(late = id), minIf(id, late IS NOT NULL), countIf(once_deep), maxIf(id, once_deep))) FROM events")
	if want := "(1000,1000,550,450,1,820)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := s.one("SELECT toString((state, rows, chunks, columns, quarantined)) FROM longshore_files FINAL"); got != "('done',1000,10,2,0)" {
		t.Errorf("got record %s", got)
	}
}

// Whenever an attempt ends, the next ones send what the first would have sent:
// rows, rejects and the chunks that they are in.
func TestEveryAttemptSendsTheSameChunks(t *testing.T) {
	body := ndjson(0, 600, func(i int) (more string) {
		if i >= 250 {
			more += fmt.Sprintf(`,"a":%d`, i)
		}
		if i >= 420 {
			more += fmt.Sprintf(`,"b":"%d"`, i)
		}
		if i%100 == 7 {
			more += `,"id":1` // twice
		}
		return more
	})
	const rows = "SELECT toString((count(), uniqExact(id), sum(id), sum(a), sum(b), countIf(b IS NULL))) FROM events"
	const rejects = "SELECT toString((count(), sum(c__row), groupUniqArray(c__error))) FROM events_quarantine"
	var want [2]string
	for n := range 26 {
		s, dies := newScene(t), n/2
		s.put("a.ndjson", body)
		s.replan()
		s.chunksOf(50, []int{1, 5}[n%2])
		if dies > 0 { // the first attempt at it goes through
			s.append = (&gate{limit: dies - 1}).append
			if _, err := s.part(); !fault.Is(err, fault.Temporary) {
				t.Fatalf("dies at %d: got %v", dies, err)
			}
		}
		s.append = nil
		if _, err := s.part(); err != nil {
			t.Fatal(err)
		}
		got := [2]string{s.one(rows), s.one(rejects)}
		if n == 0 {
			want = got
		}
		if got != want {
			t.Errorf("dies at %d: got %v, want %v", dies, got, want)
		}
	}
	if !strings.HasPrefix(want[0], "(594,594,") || !strings.HasPrefix(want[1], "(6,") {
		t.Errorf("got %v", want)
	}
}

// Whoever decided about a column died before it was in the table: the next
// attempt adds it, also where the file that follows has nothing new.
func TestAColumnThatWasOnlyDecidedIsAdded(t *testing.T) {
	s := newScene(t)
	s.put("a.csv", []byte("id,name,extra\n1,a,x\n"))
	s.replan()
	s.write = func(what string) error {
		if what == "alter" {
			return fault.New(fault.Temporary, "killed")
		}
		return nil
	}
	if _, err := s.part(); !fault.Is(err, fault.Temporary) {
		t.Fatalf("got %v", err)
	}
	if s.added() == "" || s.columns("events") != "" {
		t.Fatalf("got record %q, columns %q", s.added(), s.columns("events"))
	}
	s.write = nil
	if _, err := s.part(); err != nil {
		t.Fatal(err)
	}
	if got := s.one("SELECT toString(groupArray((id, extra))) FROM events"); got != "[(1,'x')]" {
		t.Errorf("got %s", got)
	}
}

func TestNamesOfAddedColumns(t *testing.T) {
	s := newScene(t)
	s.define("`id` UInt64,\n    `name` String,\n    `user_name` Nullable(String)", "")
	s.put("a.ndjson", []byte(`{"id":1,"name":"a","user_name":"flat","user":{"name":"deep"},"first name":"x","2nd":3}`+"\n"))
	s.ingestAll(100)
	if got, want := s.one("SELECT toString(groupArray((user_name, user_name_2, first_name, _2nd))) FROM events"), "[('flat','deep','x',3)]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A column that the table has already, though SCHEMA doesn't, is filled as it is.
func TestAColumnOfTheTableIsUsed(t *testing.T) {
	s := newScene(t)
	s.put("a.csv", []byte("id,name\n1,a\n"))
	s.ingestAll(100)
	if _, err := s.db.ExecContext(t.Context(), "ALTER TABLE events ADD COLUMN extra UInt8 DEFAULT 7"); err != nil {
		t.Fatal(err)
	}
	s.put("b.csv", []byte("id,name,extra\n2,b,200\n3,c,\n4,d,300\n5,e,1\n"))
	s.put("c.csv", []byte("id,name\n6,f\n"))
	s.ingestAll(100)
	if got, want := s.one("SELECT toString(arraySort(groupArray((id, extra)))) FROM events"), "[(1,7),(2,200),(3,7),(5,1),(6,7)]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := s.added(); !strings.HasPrefix(got, "extra UInt8 ") {
		t.Errorf("got %s", got)
	}
}

// SCHEMA takes a column over that files added: from then on its words count.
func TestSchemaTakesAnAddedColumnOver(t *testing.T) {
	s := newScene(t)
	s.put("a.csv", []byte("id,name,extra\n1,a,10\n"))
	s.ingestAll(100)
	s.define("`id` UInt64,\n    `name` String,\n    `extra` Nullable(Int64) `json:$.other`", "")
	s.put("b.csv", []byte("id,name,other,extra\n2,b,20,x\n"))
	s.ingestAll(100)
	if got, want := s.one("SELECT toString(arraySort(groupArray((id, extra, extra_2)))) FROM events"), "[(1,10,NULL),(2,20,'x')]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A file without a header has its fields in SCHEMA's order, whatever other files added.
func TestAFileWithoutAHeaderIsReadBySchema(t *testing.T) {
	s := newScene(t)
	s.put("a.csv", []byte("id,name,extra\n1,a,10\n"))
	s.ingestAll(100)
	s.put("b.csv", []byte("2,b\n3,c\n"))
	s.ingestAll(100)
	if got, want := s.one("SELECT toString(arraySort(groupArray((id, name, extra)))) FROM events"), "[(1,'a',10),(2,'b',NULL),(3,'c',NULL)]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPoliciesForNewFields(t *testing.T) {
	late := string(ndjson(0, 500, func(i int) string {
		if i == 444 {
			return `,"late":1`
		}
		return ""
	}))
	tests := []struct{ name, policy, key, body, rows, quarantine, columns string }{
		{"ignore csv", "ignore", "a.csv", "id,name,extra\n1,a,x\n2,b,y\n", "2", "0 ", ""},
		{"ignore ndjson", "ignore", "a.ndjson", late, "500", "0 ", ""},
		{"quarantine csv", "quarantine", "a.csv", "id,name,extra\n1,a,x\n2,b,y\n", "0", "2 the file has fields without a column: extra", ""},
		{"quarantine ndjson", "quarantine", "a.ndjson", late, "0", "500 the file has fields without a column: late", ""},
		{"quarantine nothing new", "quarantine", "a.csv", "name,id\na,1\n", "1", "0 ", ""},
		{"add", "add", "a.ndjson", late, "500", "0 ", "late Nullable(Int64)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			s.define("`id` UInt64,\n    `name` String", "IMPORT_ON_NEW_COLUMN "+tt.policy+"\n")
			s.put(tt.key, []byte(tt.body))
			s.ingestAll(100)
			if got := s.one("SELECT count() FROM events"); got != tt.rows {
				t.Errorf("got %s rows, want %s", got, tt.rows)
			}
			if got := s.one("SELECT concat(toString(count()), ' ', arrayStringConcat(arrayDistinct(arrayFlatten(groupArray(c__error))), '; ')) FROM events_quarantine"); got != tt.quarantine {
				t.Errorf("got quarantine %q, want %q", got, tt.quarantine)
			}
			if got := s.columns("events"); got != tt.columns {
				t.Errorf("got columns %q, want %q", got, tt.columns)
			}
			if got := s.one("SELECT count() FROM (SELECT 1 FROM events_quarantine GROUP BY c__file, c__row HAVING count() > 1)"); got != "0" {
				t.Errorf("%s rows are in quarantine twice", got)
			}
		})
	}
}
