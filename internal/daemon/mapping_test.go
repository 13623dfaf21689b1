package daemon_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
)

// What people map first: a column renamed, one kept, and a name made of two.
const customersMapping = `mapping:
  id: customer_id
  email: email
  name: {template: "{{ first_name }} {{ last_name }}"}
  initials: {template: "{{ first_name | slice: 0 }}{{ last_name | slice: 0 | upcase }}"}
  source: {static: shop}
  run: {variable: sync.run.id}
  at: {variable: sync.run.time}
  place: {object: {city: city, country: {static: FR}}}
  tags: {array: [city, {static: new}]}
`

const customersRead = "id Int64, email Nullable(String), name String, initials String, source String, run String, at String, " +
	"place Tuple(city Nullable(String), country String), tags Array(Nullable(String))"

const customersRows = 3000

// makeCustomers makes a table of which each seventh row has no last name.
func (s *stage) makeCustomers() {
	s.t.Helper()
	exec1(s.t, s.postgres(), fmt.Sprintf(`create table customers as
		select i as customer_id, 'c' || i || '@example.com' as email, 'Zoë ' || i as first_name,
			case when i %% 7 > 0 then 'd''Été "' || i || '"' end as last_name, case when i %% 5 > 0 then '日本 ' || i %% 10 end as city, 'x' as secret
		from generate_series(1, %d) i`, customersRows), "analyze customers",
		"create function once() returns setof int stable rows 1000000 language plpgsql as 'begin return next 1; end'")
}

func customersProject(format, mapping string) map[string]string {
	return map[string]string{
		"models/customers.yaml": "connection: postgres\nsql: select c.* from customers c, once()\nprimary_key: customer_id\npartition: {column: customer_id, count: 3}\n",
		"syncs/customers.yaml":  "model: customers\nmode: all\ndestination:\n  connection: minio\n  path: '{sync.run.id}{ext}'\n  format: " + format + "\n" + mapping,
	}
}

// Mapped rows, made by several parts, read back as what the database makes of
// them.
func TestMappedRowsReadBackEqual(t *testing.T) {
	s := newStage(t)
	s.makeCustomers()
	s.produce()
	s.work()
	want := readTexts(t, s.postgres(), `select customer_id::text, email, first_name || ' ' || coalesce(last_name, ''),
		left(first_name, 1) || upper(coalesce(left(last_name, 1), '')), 'shop', city, 'FR', city, 'new' from customers order by customers.customer_id`)
	for _, tt := range []struct{ format, reader string }{{"ndjson", "JSONEachRow"}, {"parquet", "Parquet"}} {
		t.Run(tt.format, func(t *testing.T) {
			s := s.in(t)
			s.push(customersProject(tt.format, customersMapping))
			r := s.done(ledger.Export, "customers")
			var m export.Manifest
			if err := s.ledger.Manifest(t.Context(), r.ID, &m); err != nil {
				t.Fatal(err)
			}
			if r.Parts < 2 || r.Totals.Rows != customersRows || len(m.Objects) != 1 {
				t.Fatalf("got %d parts, totals %+v, objects %+v", r.Parts, r.Totals, m.Objects)
			}
			s.compareMapped(r, s.s3(m.Objects[0].Key, tt.reader, customersRead), want)
			var names []string
			for _, described := range readTexts(t, s.clickhouse(), "describe table "+s.s3(m.Objects[0].Key, tt.reader, "")) {
				names = append(names, described[0].String)
			}
			if got := strings.Join(names, " "); got != "id email name initials source run at place tags" {
				t.Errorf("the object has the fields %s", got)
			}
		})
	}
}

func (s *stage) compareMapped(r ledger.Run, from string, want [][]sql.NullString) {
	s.t.Helper()
	got := readTexts(s.t, s.clickhouse(), `select toString(id), email, name, initials, source, place.city, place.country, tags[1], tags[2] from `+
		from+" order by id")
	if len(got) != len(want) {
		s.t.Fatalf("got %d rows, want %d", len(got), len(want))
	}
	for i := range want {
		for k := range want[i] {
			if got[i][k] != want[i][k] {
				s.t.Fatalf("row %d, value %d: got %s, want %s", i, k, shown(got[i][k]), shown(want[i][k]))
			}
		}
	}
	run := one(s.t, s.clickhouse(), "select concat(any(run), ' ', any(at)) from "+from+" having uniqExact(run, at) = 1")
	if w := string(r.ID) + " " + r.CreatedAt.UTC().Format("2006-01-02T15:04:05.000Z"); run != w {
		s.t.Errorf("got the run %s, want %s", run, w)
	}
}

// A template that fails over a row says which, and leaves no object.
func TestATemplateErrorNamesTheRow(t *testing.T) {
	s := newStage(t)
	s.makeCustomers()
	s.produce()
	s.work()
	s.push(customersProject("ndjson", `mapping: {n: {template: "{{ email | plus: 1 }}"}}`+"\n"))
	r := s.ended(s.trigger(ledger.Export, "customers"))
	if r.State != ledger.Failed || r.Failure.Kind != "invalid" || !strings.Contains(r.Failure.Message, "mapping.n: row with customer_id=") {
		t.Errorf("got %s, %+v", r.State, r.Failure)
	}
	if keys := s.keys(); len(keys) > 0 {
		t.Errorf("the bucket has %v", keys)
	}
}

// A push is refused for what a template says whatever the rows, at its line.
func TestAPushChecksTemplates(t *testing.T) {
	s := newStage(t)
	url, _ := s.produce()
	files := customersProject("ndjson", "mapping:\n  id: customer_id\n  name:\n    template: \"{{ first_name | shout }}\"\n")
	files["connections/minio.connection"] = s.minioConnection(s.store.Endpoint, s.data, s.store.AccessKey, s.store.Secret)
	files["connections/postgres.connection"] = "TYPE postgres\nPOSTGRES_URL " + s.pgURL + "\n"
	body, err := json.Marshal(api.PushRequest{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/project?dry_run=true", bytes.NewReader(body))
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
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"file":"syncs/customers.yaml","line":10,`, `mapping.name: Liquid has no filter \"shout\"`} {
		if answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(text), want) {
			t.Errorf("got %s: %s, want %s", answer.Status, text, want)
		}
	}
}
