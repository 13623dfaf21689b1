package daemon_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/ledger"
)

// TestReferenceIngestSchemaEvolution is the section "Schema evolution" of the
// page, statement by statement.
func TestReferenceIngestSchemaEvolution(t *testing.T) {
	s := newStage(t)
	s.put("first/1.csv", []byte("id,name\n1,a\n"))
	s.put("first/2.csv", []byte("id,name,more\n2,b,x\n"))
	files := s.events("in/**", "")
	s.push(files)
	url, _ := s.produce()
	s.work()
	t.Run("it selects 1 file from the initial load and uses this to infer the schema", func(t *testing.T) {
		p := preview(t, url, api.PreviewRequest{URI: "s3://" + s.data + "/first/*", Connection: "minio"})
		if len(p.Sampled) != 1 || p.Sampled[0] != p.ReferenceFile || p.Count != 2 {
			t.Errorf("got columns from %v, reference file %q, of %d files", p.Sampled, p.ReferenceFile, p.Count)
		}
		want := map[string]int{"first/1.csv": 2, "first/2.csv": 3}[p.ReferenceFile]
		if len(p.Columns) != want {
			t.Errorf("got columns %+v of %s", p.Columns, p.ReferenceFile)
		}
		if !strings.Contains(p.Datasource, strings.TrimPrefix(p.ReferenceFile, "first/")) {
			t.Errorf("the datasource doesn't name the reference file:\n%s", p.Datasource)
		}
	})
	for _, f := range formatsOfThePage {
		t.Run("if a new file contains a new column, the next sync job will automatically add it/"+f.format, func(t *testing.T) { s.addsAColumn(t, f) })
		for _, change := range f.changes() {
			t.Run(change.name+" is not supported and any rows from these files are sent to the Quarantine/"+f.format, func(t *testing.T) {
				s.goesToQuarantine(t, f, change)
			})
		}
	}
}

// pageFormat is one of the formats that the page names, as ClickHouse writes it.
type pageFormat struct{ format, extension string }

var formatsOfThePage = []pageFormat{{"CSVWithNames", "csv"}, {"JSONEachRow", "ndjson"}, {"Parquet", "parquet"}}

// incompatibility is a change of the table's columns, as what is selected instead.
type incompatibility struct{ name, columns, column string }

func (f pageFormat) changes() []incompatibility {
	return []incompatibility{
		{"dropping columns", "number AS id, toDecimal64(1, 2) AS amount, toDateTime64('2024-05-01 10:00:00', 3, 'UTC') AS at", "name"},
		{"renaming columns", "number AS id, 'a' AS title, toDecimal64(1, 2) AS amount, toDateTime64('2024-05-01 10:00:00', 3, 'UTC') AS at", "name"},
		{"changing the type of columns", "concat('id ', toString(number)) AS id, 'a' AS name, toDecimal64(1, 2) AS amount, toDateTime64('2024-05-01 10:00:00', 3, 'UTC') AS at", "id"},
	}
}

// write puts a file of ten rows into the bucket.
func (s *stage) write(t *testing.T, key string, f pageFormat, columns string) {
	t.Helper()
	exec1(t, s.clickhouse(), "INSERT INTO FUNCTION "+s.s3(key, f.format, "")+" SELECT "+columns+" FROM numbers(10)")
}

func (s *stage) addsAColumn(t *testing.T, f pageFormat) {
	key, column := "in/new."+f.extension, "seen_in_"+f.extension
	s.write(t, key, f, "number AS id, 'a' AS name, toDecimal64(1, 2) AS amount, toDateTime64('2024-05-01 10:00:00', 3, 'UTC') AS at, number * 2 AS "+column)
	if r := s.done(ledger.Ingest, "events"); r.Totals.Rows != 10 || r.Totals.Quarantined != 0 {
		t.Errorf("got %+v", r.Totals)
	}
	got := one(t, s.clickhouse(), fmt.Sprintf("SELECT toString((countIf(%[1]s = id * 2), countIf(%[1]s IS NULL) %% 10)) FROM events", column))
	if got != "(10,0)" {
		t.Errorf("got %s", got)
	}
	if got := one(t, s.clickhouse(), "SELECT type FROM system.columns WHERE database = currentDatabase() AND table = 'events_quarantine' AND name = '"+column+"'"); got != "Nullable(String)" {
		t.Errorf("the quarantine's column is %s", got)
	}
}

func (s *stage) goesToQuarantine(t *testing.T, f pageFormat, change incompatibility) {
	key := "in/" + strings.Fields(change.name)[0] + "." + f.extension
	before := one(t, s.clickhouse(), "SELECT count() FROM events")
	s.write(t, key, f, change.columns)
	if r := s.done(ledger.Ingest, "events"); r.Totals.Rows != 0 || r.Totals.Quarantined != 10 || r.Totals.FailedFiles != 0 {
		t.Errorf("got %+v", r.Totals)
	}
	if got := one(t, s.clickhouse(), "SELECT count() FROM events"); got != before {
		t.Errorf("got %s rows, want %s", got, before)
	}
	got := one(t, s.clickhouse(), "SELECT toString((count(), uniqExact(c__row), groupUniqArrayArray(c__error_column), uniqExact(c__fingerprint))) FROM events_quarantine WHERE c__file = '"+key+"'")
	if want := "(10,10,['" + change.column + "'],1)"; got != want {
		t.Errorf("got quarantine %s, want %s", got, want)
	}
}
