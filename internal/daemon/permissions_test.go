package daemon_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
)

// A user with four actions on one bucket, and one with a single action for small
// objects, can do all that an export needs.
func TestMinimalPermissions(t *testing.T) {
	s := newStage(t)
	const rows = 600_000
	exec1(t, s.postgres(), fmt.Sprintf(orders, rows), "analyze orders")
	s.produce()
	s.work()
	four, fourSecret := s.store.AddUser(t, s.policy(
		"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:ListBucketMultipartUploads"))
	put, putSecret := s.store.AddUser(t, s.policy("s3:PutObject"))
	files := map[string]string{
		"connections/four.connection": s.minioConnection(s.store.Endpoint, s.data, four, fourSecret),
		"connections/put.connection":  s.minioConnection(s.store.Endpoint, s.data, put, putSecret),
	}
	for _, sync := range []struct{ name, connection, sql string }{
		{"small", "four", "select * from orders where id <= 1000"},
		{"small_put", "put", "select * from orders where id <= 1000"},
		{"large", "four", "select * from orders"},
		{"stopped", "four", slowly},
	} {
		files["models/"+sync.name+".yaml"] = fmt.Sprintf("connection: postgres\nsql: %q\n", sync.sql)
		files["syncs/"+sync.name+".yaml"] = fmt.Sprintf("model: %s\nmode: all\nparallelism: 4\ndestination:\n  connection: %s\n  path: %[1]s.csv\n  format: csv\n",
			sync.name, sync.connection)
	}
	s.push(files)
	for _, name := range []string{"small", "small_put"} {
		if r, etag := s.writes(name); r.Totals.Rows != 1000 || strings.Contains(etag, "-") {
			t.Errorf("%s: got %d rows with ETag %s, want 1000 in a single put", name, r.Totals.Rows, etag)
		}
	}
	if r, etag := s.writes("large"); r.Totals.Rows != rows || r.Parts != 4 || !strings.Contains(etag, "-") {
		t.Errorf("large: got %d rows by %d parts with ETag %s, want %d by 4 in a multipart upload", r.Totals.Rows, r.Parts, etag, rows)
	}
	if got := one(t, s.clickhouse(), "select toString(uniqExact(id)) from "+s.s3("large.csv", "CSVWithNames", "id Int64")); got != fmt.Sprint(rows) {
		t.Errorf("large.csv has %s ids, want %d", got, rows)
	}
	s.stopsMidway("stopped")
	if keys := s.keys(); !slices.Equal(keys, []string{"large.csv", "small.csv", "small_put.csv"}) {
		t.Errorf("the bucket has %v", keys)
	}
}

// slowly makes enough rows for an upload at once, and the rest in its own time.
const slowly = "select i as id, repeat(md5(i::text), 4) as note, case when i > 200000 and i % 100 = 0 then pg_sleep(0.05)::text end as nap " +
	"from generate_series(1, 400000) i"

// writes runs a sync that must succeed, and returns the ETag of its object.
func (s *stage) writes(name string) (r ledger.Run, etag string) {
	s.t.Helper()
	r = s.done(ledger.Export, name)
	var m export.Manifest
	if err := s.ledger.Manifest(s.t.Context(), r.ID, &m); err != nil {
		s.t.Fatal(err)
	}
	s.noUploads(name + ".csv")
	return r, m.Objects[0].ETag
}

// stopsMidway cancels a run whose upload is open.
func (s *stage) stopsMidway(name string) {
	s.t.Helper()
	id := s.trigger(ledger.Export, name)
	waitFor(s.t, "an upload is open", func() bool { return s.uploads(name+".csv") > 0 })
	if err := s.ledger.RequestCancel(s.t.Context(), id); err != nil {
		s.t.Fatal(err)
	}
	if r := s.ended(id); r.State != ledger.Canceled {
		s.t.Fatalf("run is %s: %+v", r.State, r.Failure)
	}
	s.noUploads(name + ".csv")
}
