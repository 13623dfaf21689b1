package export_test

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/compress"
)

// batched commits a run of a batched sync and returns its manifest.
func (s *scene) batched() export.Manifest {
	s.t.Helper()
	if _, err := s.process(nil).Commit(s.t.Context(), s.run, s.plan, s.parts()); err != nil {
		s.t.Fatal(err)
	}
	var m export.Manifest
	if err := s.ledger.Manifest(s.t.Context(), s.run.ID, &m); err != nil {
		s.t.Fatal(err)
	}
	return m
}

func rowsOf(m export.Manifest) (rows []int64) {
	for _, o := range m.Objects {
		rows = append(rows, o.Rows)
	}
	return rows
}

func keysOf(m export.Manifest) (keys []string) {
	for _, o := range m.Objects {
		keys = append(keys, o.Key)
	}
	return keys
}

func TestObjectsHoldAsManyRowsAsAsked(t *testing.T) {
	tests := []struct {
		name        string
		rows, limit int
		parts       int
		want        []int64 // rows by object
	}{
		{"with a rest", 1000, 300, 1, []int64{300, 300, 300, 100}},
		{"without", 900, 300, 1, []int64{300, 300, 300}},
		{"one", 1000, 1000, 1, []int64{1000}},
		{"fewer", 1000, 1001, 1, []int64{1000}},
		{"single rows", 3, 1, 1, []int64{1, 1, 1}},
		{"over the edge of a batch", 20000, 9000, 1, []int64{9000, 9000, 2000}},
		{"a rest of each part", 1000, 600, 2, []int64{600, 400, 600, 400}},
		{"none", 0, 300, 2, []int64{0}},
	}
	for _, tt := range tests {
		for _, format := range []string{"csv", "json", "parquet"} {
			t.Run(tt.name+" "+format, func(t *testing.T) {
				sql := fmt.Sprintf("select i as id, 'x' || i as note from generate_series(1, %d) i", tt.rows)
				s := newScene(t, sql, fmt.Sprintf("  path: orders{ext}\n  format: %s\n  batch: {rows: %d}\n", format, tt.limit), tt.parts)
				m := s.batched()
				if got := rowsOf(m); !slices.Equal(got, tt.want) {
					t.Errorf("got objects of %v rows, want %v", got, tt.want)
				}
				for i, key := range keysOf(m) {
					if want := fmt.Sprintf("orders-%05d.%s", i+1, format); key != want {
						t.Errorf("got key %s, want %s", key, want)
					}
				}
			})
		}
	}
}

// skewed has rows of 32 bytes, some of 3 kB, one of 30 kB, and none alike.
const skewed = "select i as id, (select string_agg(md5(i::text || '/' || j), '') from generate_series(1, " +
	"case when i = 1500 then 1000 when i % 97 = 0 then 100 else 1 end) j) as note from generate_series(1, 3000) i"

// Whatever the format, no object is larger than the limit unless a single row
// is, and the objects together are the model.
func TestNoObjectIsLargerThanAsked(t *testing.T) {
	tests := []struct {
		format, compression string
		limit               int64
	}{
		{"csv", "none", 20_000}, {"csv", "none", 3000}, {"csv", "none", 1 << 20},
		{"csv", "gzip", 20_000}, {"ndjson", "zstd", 20_000}, {"json", "none", 20_000}, {"json", "gzip", 9000},
		{"parquet", "none", 40_000}, {"parquet", "zstd", 20_000}, {"parquet", "zstd", 1 << 20},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %s %d", tt.format, tt.compression, tt.limit), func(t *testing.T) {
			s := newScene(t, skewed, fmt.Sprintf("  path: orders.x\n  format: %s\n  compression: %s\n  batch: {bytes: %d}\n", tt.format, tt.compression, tt.limit), 1)
			m := s.batched()
			bodies, rows, full := s.bodies(), int64(0), int64(0)
			for i, o := range m.Objects {
				body := bodies[o.Key]
				if o.Bytes != int64(len(body)) || o.Rows == 0 {
					t.Errorf("object %d: got %d bytes and %d rows, it has %d bytes", i, o.Bytes, o.Rows, len(body))
				}
				if o.Bytes > tt.limit && o.Rows > 1 {
					t.Errorf("object %d: got %d bytes of %d rows", i, o.Bytes, o.Rows)
				}
				rows, full = rows+o.Rows, full+o.Bytes
			}
			if rows != 3000 {
				t.Errorf("got %d rows", rows)
			}
			t.Logf("%d objects, on average %.0f%% full", len(m.Objects), 100*float64(full)/float64(tt.limit)/float64(len(m.Objects)))
			if tt.format != "parquet" {
				wantIDs(t, tt.format, bodies)
			}
		})
	}
}

// wantIDs reads objects of text in the order of their keys and wants the ids 1
// to 3000 in theirs.
func wantIDs(t *testing.T, format string, bodies map[string][]byte) {
	t.Helper()
	next := 1
	for _, key := range slices.Sorted(maps.Keys(bodies)) {
		for _, id := range readIDs(t, format, bodies[key]) {
			if id != fmt.Sprint(next) {
				t.Fatalf("%s: got id %s, want %d", key, id, next)
			}
			next++
		}
	}
	if next != 3001 {
		t.Errorf("got %d rows", next-1)
	}
}

func readIDs(t *testing.T, format string, body []byte) (ids []string) {
	t.Helper()
	in, _, err := compress.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if body, err = io.ReadAll(in); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	switch format {
	case "csv":
		if lines[0] != "id,note" {
			t.Errorf("got header %q", lines[0])
		}
		for _, line := range lines[1:] {
			id, _, _ := strings.Cut(line, ",")
			ids = append(ids, id)
		}
		return ids
	case "ndjson":
		body = []byte("[" + strings.Join(lines, ",") + "]")
	}
	var rows []struct{ ID stdjson.Number }
	if err := stdjson.Unmarshal(body, &rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		ids = append(ids, r.ID.String())
	}
	return ids
}

func TestABatchedRunWithoutRows(t *testing.T) {
	for _, skip := range []bool{false, true} {
		destination := fmt.Sprintf("  path: orders.csv.gz\n  format: csv\n  compression: gzip\n  batch: {bytes: 1MiB}\n  skip_empty: %v\n", skip)
		s := newScene(t, "select 1 as id, 'x' as note where false", destination, 2)
		m := s.batched()
		if want := map[bool]int{false: 1, true: 0}[skip]; len(m.Objects) != want || m.Ops["all"] != 0 {
			t.Errorf("skip_empty %v: got %+v", skip, m)
		}
		if ids := m.Objects; len(ids) == 1 && (ids[0].Key != "orders-00001.csv.gz" || len(readIDs(t, "csv", s.bodies()[ids[0].Key])) > 0) {
			t.Errorf("got %+v", ids)
		}
	}
}

// A part is killed at any of its calls, and done again: the objects are numbered
// as if nothing had happened.
func TestABatchedPartIsDoneAgainWhereverItWasKilled(t *testing.T) {
	const destination = "  path: orders.csv\n  format: csv\n  batch: {rows: 70500}\n"
	whole := &calls{}
	s := newScene(t, several, destination, 1)
	if _, err := s.part(s.process(whole.deny), 0, "whole"); err != nil {
		t.Fatal(err)
	}
	for at, op := range whole.seen {
		if strings.HasPrefix(op, "get") {
			continue // changes nothing
		}
		for _, made := range []bool{false, true} {
			s := newScene(t, several, destination, 2)
			if _, err := s.part(s.process((&calls{dieAt: at + 1, made: made}).deny), 0, "first"); err == nil {
				t.Fatalf("%s: the attempt survived", op)
			}
			m := s.batched()
			if got, want := keysOf(m), []string{"orders-00001.csv", "orders-00002.csv", "orders-00003.csv", "orders-00004.csv"}; !slices.Equal(got, want) {
				t.Errorf("after the loss of %s (made %v): got %v", op, made, got)
			}
			for _, rows := range rowsOf(m) {
				if rows != 70500 {
					t.Errorf("after the loss of %s (made %v): got objects of %v rows", op, made, rowsOf(m))
				}
			}
		}
	}
}

// An attempt got further than the one that counts: its number stays unused, and
// its upload doesn't stay open.
func TestAnObjectThatIsNoMoreLeavesAHole(t *testing.T) {
	s := newScene(t, rowsBy, "  path: orders.csv\n  format: csv\n  batch: {rows: 140000}\n", 2)
	s.exec("select setval('knob', 280000)")
	e := s.process(nil)
	if _, err := s.part(e, 0, "first"); err != nil {
		t.Fatal(err)
	}
	behind, err := s.part(e, 1, "whole")
	if err != nil {
		t.Fatal(err)
	}
	s.exec("select setval('knob', 140000)")
	fewer, err := s.part(e, 0, "second")
	if err != nil {
		t.Fatal(err)
	}
	totals, err := e.Commit(t.Context(), s.run, s.plan, []ledger.PartManifest{fewer, behind})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := keysOf(checkManifest(t, s, totals)), []string{"orders-00001.csv", "orders-00003.csv", "orders-00004.csv"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if n := s.uploads("orders-00002.csv"); n != 1 {
		t.Errorf("got %d uploads of the object that is no more, want 1", n)
	}
	if err := e.Clean(t.Context(), doneRun(s.run), 1); err != nil {
		t.Fatal(err)
	}
	if n := s.uploads("orders-00002.csv"); n != 0 {
		t.Errorf("got %d uploads left open", n)
	}
}

// A canceled run leaves no upload of any of its objects.
func TestUploadsOfACanceledRunAreAborted(t *testing.T) {
	s := newScene(t, several, "  path: orders.csv\n  format: csv\n  batch: {rows: 140000}\n", 2)
	s.parts()
	for _, key := range []string{"orders-00001.csv", "orders-00003.csv"} {
		if n := s.uploads(key); n != 1 {
			t.Fatalf("%s: got %d uploads, want 1", key, n)
		}
	}
	r := s.run
	r.State = ledger.Canceled
	if err := s.process(nil).Clean(t.Context(), r, 1); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"orders-00001.csv", "orders-00003.csv"} {
		if n := s.uploads(key); n != 0 {
			t.Errorf("%s: got %d uploads left open", key, n)
		}
	}
	if got := s.bodies(); len(got) != 0 {
		t.Errorf("got %d objects", len(got))
	}
}
