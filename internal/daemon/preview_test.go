package daemon_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/ledger"
)

// preview asks a producer what it finds.
func preview(t *testing.T, url string, r api.PreviewRequest) api.Preview {
	t.Helper()
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/preview", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", answer.Status, text, err)
	}
	var p api.Preview
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// A preview's datasource is pushed as it is, and takes the files it was made of.
func TestAPreviewMakesADatasource(t *testing.T) {
	s := newStage(t)
	s.put("in/1.csv", []byte("id,zip,paid,at,note\n1,01067,1.50,2024-05-01 10:00:00,\n2,10115,2.25,2024-05-01 11:00:00,x\n"))
	s.put("in/2.csv.gz", gzipped(t, []byte("id,zip,paid,at,note\n3,80331,oops,2024-05-02 10:00:00,y\n")))
	s.put("other/3.csv", []byte("nothing\n1\n"))
	s.push(map[string]string{"longshore.yaml": "clickhouse: clickhouse\n"})
	url, _ := s.produce()
	s.work()
	uri := "s3://" + s.data + "/in/*"

	p := preview(t, url, api.PreviewRequest{URI: uri, Connection: "minio", Sample: 2})
	types := map[string]string{}
	for _, c := range p.Columns {
		types[c.Name] = c.Type
	}
	if p.Count != 2 || p.Format != "csv" || types["id"] != "Int64" || types["zip"] != "String" || types["paid"] != "String" {
		t.Errorf("got %d files of %s with columns %v", p.Count, p.Format, types)
	}
	if at := slices.IndexFunc(p.Columns, func(c api.PreviewColumn) bool { return c.Name == "paid" }); at < 0 || len(p.Columns[at].Conflicts) == 0 {
		t.Errorf("the conflict over paid isn't shown: %+v", p.Columns)
	}
	if !strings.Contains(p.Datasource, "IMPORT_BUCKET_URI "+uri) || len(p.Rows) == 0 || p.Quarantine.Rows != 0 {
		t.Errorf("got %+v", p)
	}
	s.push(map[string]string{"longshore.yaml": "clickhouse: clickhouse\n", "datasources/found.datasource": p.Datasource})
	if r := s.done(ledger.Ingest, "found"); r.Totals.Rows != 3 || r.Totals.Quarantined != 0 {
		t.Errorf("got %+v", r.Totals)
	}
}

// Columns can be renamed, retyped and left out at a preview: the chosen type
// decides which rows would be quarantined, and the datasource has what was chosen.
func TestAPreviewIsRevised(t *testing.T) {
	s := newStage(t)
	s.put("in/1.csv", []byte("id,zip,paid,note\n1,01067,1.50,x\n2,10115,2.257,y\n"))
	s.push(map[string]string{"longshore.yaml": "clickhouse: clickhouse\n"})
	url, _ := s.produce()
	s.work()
	p := preview(t, url, api.PreviewRequest{
		URI: "s3://" + s.data + "/in/*", Connection: "minio",
		Rename: map[string]string{"zip": "postcode"}, Types: map[string]string{"paid": "Decimal(9, 2)", "zip": "UInt32"}, Drop: []string{"note"},
	})
	if p.Quarantine.Rows != 1 || len(p.Columns) != 3 || p.Columns[1].Name != "postcode" || p.Columns[1].Type != "UInt32" {
		t.Errorf("got %d rows in quarantine, columns %+v", p.Quarantine.Rows, p.Columns)
	}
	s.push(map[string]string{"longshore.yaml": "clickhouse: clickhouse\n", "datasources/found.datasource": p.Datasource})
	if r := s.done(ledger.Ingest, "found"); r.Totals.Rows != 1 || r.Totals.Quarantined != 1 {
		t.Errorf("got %+v", r.Totals)
	}
	got := one(t, s.clickhouse(), "SELECT toString(groupArray((id, postcode, paid))) FROM found")
	columns := one(t, s.clickhouse(), "SELECT arrayStringConcat(groupArray(name), ' ') FROM (SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'found' AND name NOT LIKE '\\_%' ORDER BY position)")
	if got != "[(1,1067,1.5)]" || columns != "id postcode paid" {
		t.Errorf("got %s in columns %s", got, columns)
	}
}

// What a sample of several files shows of a column is told: its type, why, and
// which values speak against it.
func TestASampleShowsEvidenceAndConflicts(t *testing.T) {
	s := newStage(t)
	s.put("in/1.csv", []byte("id,zip,paid,at\n1,01067,1.50,2024-05-01\n"))
	s.put("in/2.csv", []byte("id,zip,paid,at\n2,10115,oops,2024-05-01 10:00:00\n"))
	s.put("in/3.csv", []byte("id,zip,paid\n3,80331,7\n"))
	s.push(map[string]string{"longshore.yaml": "clickhouse: clickhouse\n"})
	url, _ := s.produce()
	p := preview(t, url, api.PreviewRequest{URI: "s3://" + s.data + "/in/*", Connection: "minio", Sample: 3})
	want := map[string]struct{ typ, evidence, conflict string }{
		"id": {"Int64", "all 3 values are an integer", ""}, "zip": {"String", "in one file", "in another file: "},
		"paid": {"String", "in one file", "in another file: "}, "at": {"Nullable(DateTime('UTC'))", "in one file", "in another file: "},
	}
	if len(p.Sampled) != 3 || !slices.Contains(p.Sampled, p.ReferenceFile) {
		t.Errorf("got sample %v with reference file %s", p.Sampled, p.ReferenceFile)
	}
	for _, c := range p.Columns {
		w := want[c.Name]
		if c.Type != w.typ || !strings.Contains(c.Evidence, w.evidence) || !strings.Contains(strings.Join(c.Conflicts, ""), w.conflict) || (w.conflict == "") != (len(c.Conflicts) == 0) {
			t.Errorf("%s: got %s because %q, conflicts %q", c.Name, c.Type, c.Evidence, c.Conflicts)
		}
	}
}
