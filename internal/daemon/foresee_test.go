package daemon_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/ledger"
)

// foresee asks a producer what files of a datasource would change.
func foresee(t *testing.T, producer, datasource string, query url.Values) (files []api.PlannedFile, status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, producer+"/api/v1/datasources/"+datasource+"/plan?"+query.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var body struct{ Files []api.PlannedFile }
	if err := json.Unmarshal(text, &body); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return body.Files, answer.StatusCode
}

// What is planned for files is what comes of them, and planning writes nothing.
func TestWhatIsPlannedForFilesComesOfThem(t *testing.T) {
	s := newStage(t)
	const head = "id,name,amount,at\n"
	s.put("in/a-same.csv", []byte(head+"1,a,1.50,2024-05-01 10:00:00\n"))
	s.put("in/b-new.csv", []byte("id,name,amount,at,zip\n2,b,1.50,2024-05-01 10:00:00,01067\n"))
	s.put("in/c-renamed.csv", []byte("id,names,amount,at\n3,c,1.50,2024-05-01 10:00:00\n"))
	s.put("in/d-retyped.ndjson", []byte(`{"id":"x","name":"d","at":"2024-05-01T10:00:00Z"}`+"\n"+`{"id":"y","name":"d","at":"2024-05-01T10:00:00Z"}`+"\n"))
	s.put("in/e-bad.csv", []byte(head+"5,e,1.50,2024-05-01 10:00:00\nsix,e,1.50,2024-05-01 10:00:00\n"))
	s.put("in/f-damaged.parquet", []byte("PAR1 this is no Parquet file at all PAR1"))
	s.put("elsewhere/g.csv", []byte(head))
	s.push(s.events("in/*", ""))
	producer, _ := s.produce()
	s.work()

	files, _ := foresee(t, producer, "events", url.Values{"limit": {"10"}})
	got := map[string]string{}
	for _, f := range files {
		var changes []string
		for _, c := range f.Changes {
			changes = append(changes, strings.TrimSpace(c.Change+" "+c.Column+" "+c.Type+" "+c.Likely))
			if c.Evidence == "" {
				t.Errorf("%s: no evidence for %+v", f.Key, c)
			}
		}
		got[f.Key] = fmt.Sprintf("%s %d/%d added %d [%s]", f.Outcome, f.Quarantine.Rows, f.RowsSampled, f.ColumnsAdded, strings.Join(changes, ", "))
		if (f.Outcome == api.OutcomeAppended) != (f.Reason == "") || f.Ingested {
			t.Errorf("%s: got reason %q, ingested %v", f.Key, f.Reason, f.Ingested)
		}
	}
	want := map[string]string{
		"in/a-same.csv":        "appended 0/1 added 0 []",
		"in/b-new.csv":         "appended 0/1 added 1 [new zip Nullable(String)]",
		"in/c-renamed.csv":     "quarantined 1/1 added 0 [missing name LowCardinality(String) names, new names Nullable(String) name]",
		"in/d-retyped.ndjson":  "quarantined 2/2 added 0 [retyped id UInt64, missing amount Nullable(Decimal(12, 2))]",
		"in/e-bad.csv":         "appended 1/2 added 0 [misfits id UInt64]",
		"in/f-damaged.parquet": "fails 0/0 added 0 []",
	}
	if len(got) != len(want) {
		t.Errorf("got %d files, want %d", len(got), len(want))
	}
	for key, text := range want {
		if got[key] != text {
			t.Errorf("%s: got %s, want %s", key, got[key], text)
		}
	}
	if n := one(t, s.clickhouse(), "SELECT count() FROM system.tables WHERE database = currentDatabase()"); n != "0" {
		t.Errorf("planning made %s tables", n)
	}
	if added, err := s.ledger.AddedColumns(t.Context(), "events"); err != nil || len(added) > 0 {
		t.Errorf("planning added %v, %v", added, err)
	}

	if r := s.done(ledger.Ingest, "events"); r.Totals.Rows != 3 || r.Totals.Quarantined != 4 || r.Totals.FailedFiles != 1 {
		t.Errorf("got %+v", r.Totals)
	}
	if files, _ := foresee(t, producer, "events", nil); len(files) != 0 {
		t.Errorf("all is in, and %d files are planned", len(files))
	}
	files, _ = foresee(t, producer, "events", url.Values{"file": {"in/b-new.csv"}})
	if len(files) != 1 || !files[0].Ingested || len(files[0].Changes) != 0 {
		t.Errorf("a file that is in: got %+v", files)
	}
	files, _ = foresee(t, producer, "events", url.Values{"file": {"s3://" + s.data + "/in/?-re*"}})
	if len(files) != 2 || files[0].Samples == nil {
		t.Errorf("a pattern: got %+v", files)
	}
	if _, status := foresee(t, producer, "events", url.Values{"file": {"in/none.csv"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("a key that isn't there: got %d", status)
	}
	if _, status := foresee(t, producer, "evens", nil); status != http.StatusNotFound {
		t.Errorf("another name: got %d", status)
	}
	var shown api.DatasourceDetail
	getJSON(t, producer+"/api/v1/datasources/events", &shown)
	last := shown.Columns[len(shown.Columns)-1]
	if last.Name != "zip" || last.Added == nil || last.Added.File != "in/b-new.csv" || last.Added.Run == "" || len(shown.Columns) != 5 {
		t.Errorf("got columns %+v", shown.Columns)
	}
}

func getJSON(t *testing.T, address string, v any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(v); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", address, answer.Status, err)
	}
}
