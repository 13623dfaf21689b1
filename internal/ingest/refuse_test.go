package ingest_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/fault"
)

// A dropped, renamed or retyped column sends the whole file to quarantine for
// one reason; bad values send their rows.
func TestFilesWithOtherColumnsAreRefused(t *testing.T) {
	const schema = "`id` UInt64,\n    `name` String,\n    `n` Nullable(Int32),\n    `made` String DEFAULT 'x'"
	tests := []struct {
		name, key, body string
		rows            string
		quarantine      string // how many, and the columns that are to blame
		reason          string
	}{
		{"dropped, csv", "a.csv", "id,n\n1,2\n2,3\n", "0", "2 ['name']", "column name was dropped or renamed: the file has no such field"},
		{"renamed, csv", "a.csv", "id,title,n\n1,a,2\n2,b,3\n", "0", "2 ['name']", "fields without a column: title"},
		{"dropped, ndjson", "a.ndjson", "{\"id\":1}\n{\"id\":2}\n", "0", "2 ['name']", "none of 2 rows has it"},
		{"renamed, ndjson", "a.ndjson", "{\"id\":1,\"title\":\"a\"}\n{\"id\":2,\"title\":\"b\"}\n", "0", "2 ['name']", "fields without a column: title"},
		{"retyped, csv", "a.csv", "id,name,n\nx1,a,2\nx2,b,3\n", "0", "2 ['id']", "column id was retyped: none of its 2 values is UInt64"},
		{"retyped, ndjson, and nullable", "a.ndjson", "{\"id\":1,\"name\":\"a\",\"n\":\"one\"}\n{\"id\":2,\"name\":\"b\",\"n\":\"two\"}\n{\"id\":3,\"name\":\"c\"}\n",
			"0", "3 ['n']", "column n was retyped: none of its 2 values is Nullable(Int32); row 1:"},
		{"two of them", "a.csv", "id,n\nx,y\ny,z\n", "0", "2 ['name']", "column name was dropped"},
		{"optional columns are gone", "a.csv", "id,name\n1,a\n", "1", "0 []", ""},
		{"a single bad row", "a.csv", "id,name,n\n1,a,one\n2,b,2\n", "1", "1 ['n']", ""},
		{"a row without it among others", "a.ndjson", "{\"id\":1}\n{\"id\":2,\"name\":\"b\"}\n", "1", "1 ['name']", ""},
		{"no row can be read", "a.ndjson", "{\"id\":\n{\"name\":\n", "0", "2 ['']", "none of its rows fits the table"},
		{"no rows", "a.csv", "id\n", "0", "0 []", "column name was dropped"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			s.define(schema, "")
			s.put(tt.key, []byte(tt.body))
			s.ingestAll(100)
			if got := s.one("SELECT count() FROM events"); got != tt.rows {
				t.Errorf("got %s rows, want %s", got, tt.rows)
			}
			if got := s.one("SELECT concat(toString(count()), ' ', toString(groupUniqArrayArray(c__error_column))) FROM events_quarantine"); got != tt.quarantine {
				t.Errorf("got quarantine %s, want %s", got, tt.quarantine)
			}
			if got := s.one("SELECT uniqExact(c__fingerprint) FROM events_quarantine"); got > "1" {
				t.Errorf("got %s reasons", got)
			}
			got := s.one("SELECT concat(state, ' ', error) FROM longshore_files FINAL")
			if !strings.HasPrefix(got, "done ") || !strings.Contains(got, tt.reason) || (tt.reason == "") != (got == "done ") {
				t.Errorf("got record %q, want reason %q", got, tt.reason)
			}
			if tt.rows == "0" && s.added() != "" {
				t.Errorf("a file that isn't taken added %s", s.added())
			}
		})
	}
}

// A column that changes its type behind the first chunk is no reason to refuse the
// file: each of its rows goes to quarantine alone, by its value, also in the chunks
// of ranges that several parts read.
func TestAColumnThatIsRetypedLaterSendsItsRows(t *testing.T) {
	for name, line := range map[string]func(i int, id string) string{
		"csv":    func(i int, id string) string { return fmt.Sprintf("%s,n%d\n", id, i) },
		"ndjson": func(i int, id string) string { return fmt.Sprintf("{\"id\":%q,\"name\":\"n%d\"}\n", id, i) },
	} {
		for _, width := range []int64{1 << 30, 3000} {
			t.Run(fmt.Sprint(name, " in ranges of ", width), func(t *testing.T) {
				s := newScene(t)
				var body strings.Builder
				if name == "csv" {
					body.WriteString("id,name\n")
				}
				for i := range 1000 {
					id := fmt.Sprint(i)
					if i >= 300 && i != 700 {
						id = "x" + id
					}
					body.WriteString(line(i, id))
				}
				s.put("a."+name, []byte(body.String()))
				s.splitPlan(width)
				s.plan.Shared = regexp.MustCompile(`"chunk_rows":\d+`).ReplaceAll(s.plan.Shared, []byte(`"chunk_rows":100`))
				totals, err := s.parts()
				if err != nil || totals.Rows != 301 || totals.Quarantined != 699 {
					t.Fatalf("got %+v, %v", totals, err)
				}
				if got := s.one("SELECT toString((count(), uniqExact(c__row), groupUniqArrayArray(c__reason), uniqExact(c__error), countIf(c__error[1] LIKE concat('%x', toString(c__row - 1), '%')))) FROM events_quarantine"); got != "(699,699,['not a number'],699,699)" {
					t.Errorf("got quarantine %s", got)
				}
				if got := s.one("SELECT concat(state, ' ', error) FROM longshore_files FINAL WHERE range = 0"); got != "done " {
					t.Errorf("got record %q", got)
				}
			})
		}
	}
}

// A refused file is quarantined whole whenever attempts at it end, and each row once.
func TestEveryAttemptRefusesTheSameRows(t *testing.T) {
	for _, key := range []string{"a.csv", "a.ndjson"} {
		for dies := range 4 {
			s := newScene(t)
			body := "id,name\n"
			for i := range 200 {
				line := fmt.Sprintf("x%d,n%d\n", i, i)
				if key == "a.ndjson" {
					line = fmt.Sprintf("{\"id\":\"x%d\",\"name\":\"n%d\"}\n", i, i)
				}
				body += line
			}
			if key == "a.ndjson" {
				body = strings.TrimPrefix(body, "id,name\n")
			}
			s.put(key, []byte(body))
			s.replan()
			s.chunksOf(160, 4) // ten rows each, once it is refused
			s.append = quarantineRefusing(dies * 6)
			if _, err := s.part(); !fault.Is(err, fault.Temporary) {
				t.Fatalf("%s dies at %d: got %v", key, dies, err)
			}
			s.append = nil
			totals, err := s.part()
			if err != nil || totals.Rows != 0 || totals.Quarantined != 200 {
				t.Errorf("%s dies at %d: got %+v, %v", key, dies, totals, err)
			}
			got := s.one("SELECT toString((count(), uniqExact(c__row), uniqExact(c__fingerprint), uniqExact(name))) FROM events_quarantine")
			if want := "(200,200,1,200)"; got != want {
				t.Errorf("%s dies at %d: got %s, want %s", key, dies, got, want)
			}
			if got := s.one("SELECT toString((chunks, quarantined)) FROM longshore_files FINAL"); got != "(20,200)" {
				t.Errorf("%s dies at %d: got record %s", key, dies, got)
			}
		}
	}
}

// quarantineRefusing returns a hook that refuses rejects from the nth block on.
func quarantineRefusing(from int) func(clickhouse.Insert) error {
	n := 0 // the decoding goroutine alone sends rejects
	return func(in clickhouse.Insert) error {
		if in.Table != "events_quarantine" {
			return nil
		}
		if n >= from {
			return fault.New(fault.Temporary, "not the server")
		}
		n++
		return nil
	}
}
