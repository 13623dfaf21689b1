package export_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/crc64"
)

var errKilled = fault.New(fault.Temporary, "killed")

const (
	large  = "select i as id, md5(i::text) as note from generate_series(1, 140000) i" // a piece of more than 5 MiB
	middle = "select i as id, md5(i::text) as note from generate_series(1, 110000) i" // a tail of more than 4 MiB
	// Of 140,000 rows and the rest: a piece, and a tail.
	several = "select i as id, md5(i::text) as note from generate_series(1, 141000) i"
	small   = "select i as id, md5(i::text) as note from generate_series(1, 1000) i" // a tail
)

// A producer dies after each step of a commit. Another one, which
// has nothing but the ledger, finishes it: the same bytes, once.
func TestACommitIsFinishedWhereverItWasKilled(t *testing.T) {
	tests := []struct {
		name, sql, destination string
		parts                  int
	}{
		{"objects, uploaded and put", several, "  batch: {rows: 140000}\n", 2},
		{"objects, nothing overwritten", several, "  batch: {rows: 140000}\n  on_conflict: fail\n", 2},
		{"single put", small, "", 2},
		{"single put, nothing overwritten", small, "  on_conflict: fail\n", 2},
		{"upload", large, "", 2},
		{"upload, nothing overwritten", large, "  on_conflict: fail\n", 2},
		{"upload of tails", middle, "", 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			whole := &calls{}
			want := commitKilled(t, tt.sql, tt.destination, tt.parts, whole, nil)
			for at, op := range whole.seen {
				if what, _, _ := strings.Cut(op, " "); what != "get" { // what changes nothing is no place to die at
					t.Run(fmt.Sprintf("%d %s", at+1, what), func(t *testing.T) {
						commitKilled(t, tt.sql, tt.destination, tt.parts, &calls{dieAt: at + 1, made: true}, want)
					})
				}
			}
		})
	}
}

// commitKilled commits a run of n parts in a process that dies as told, and
// then in one that doesn't. It returns the objects.
func commitKilled(t *testing.T, sql, destination string, n int, c *calls, want map[string][]byte) map[string][]byte {
	s := newScene(t, sql, "  path: orders.csv\n  format: csv\n"+destination, n)
	parts := s.parts()
	if got := s.bodies(); len(got) > 0 {
		t.Fatal("an object is visible before the commit")
	}
	totals, err := s.process(c.deny).Commit(t.Context(), s.run, s.plan, parts)
	if died := c.dieAt > 0; died != (err != nil) {
		t.Fatalf("the first commit: got %v", err)
	}
	if err != nil {
		if totals, err = s.process(nil).Commit(t.Context(), s.run, s.plan, parts); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.process(nil).Clean(t.Context(), doneRun(s.run), 1); err != nil {
		t.Fatal(err)
	}
	bodies := s.bodies()
	if want != nil && !maps.EqualFunc(bodies, want, bytes.Equal) {
		t.Errorf("got other objects than an undisturbed commit: %d of them, want %d", len(bodies), len(want))
	}
	for key := range bodies {
		if n := s.pieces(key); n != 0 {
			t.Errorf("got %d pieces left in an open upload of %s", n, key)
		}
	}
	checkManifest(t, s, totals)
	return bodies
}

func doneRun(r ledger.Run) ledger.Run {
	r.State = ledger.Done
	return r
}

// checkManifest holds the manifest of a run that wrote CSV against the objects,
// and returns it.
func checkManifest(t *testing.T, s *scene, totals ledger.Totals) export.Manifest {
	t.Helper()
	var m export.Manifest
	if err := s.ledger.Manifest(t.Context(), s.run.ID, &m); err != nil {
		t.Fatal(err)
	}
	bodies := s.bodies()
	if len(m.Objects) != len(bodies) || totals.Files != int64(len(bodies)) {
		t.Fatalf("got %d objects in the manifest and totals %+v, there are %d", len(m.Objects), totals, len(bodies))
	}
	for _, o := range m.Objects {
		body := bodies[o.Key]
		lines := int64(bytes.Count(body, []byte("\n")) - 1)
		if o.Bytes != int64(len(body)) || o.Rows != lines || o.CRC64NVME != crc64.Format(crc64.Checksum(body)) || o.Op != "all" {
			t.Errorf("%s: got %d bytes, %d rows of %s, checksum %s; the object has %d, %d, %s",
				o.Key, o.Bytes, o.Rows, o.Op, o.CRC64NVME, len(body), lines, crc64.Format(crc64.Checksum(body)))
		}
		head, err := s.data.Head(t.Context(), o.Key)
		if err != nil || head.ETag != o.ETag {
			t.Errorf("%s: got ETag %q, the store has %q, %v", o.Key, o.ETag, head.ETag, err)
		}
		totals.Rows, totals.Bytes = totals.Rows-lines, totals.Bytes-o.Bytes
		m.Ops[o.Op] -= lines
	}
	if totals.Rows != 0 || totals.Bytes != 0 || m.Ops["all"] != 0 {
		t.Errorf("totals differ from the objects by %+v, rows of ops by %v", totals, m.Ops)
	}
	return m
}

// rowsBy is a model whose result changes by another connection's setval, under
// a snapshot too.
const rowsBy = "select i as id, md5(i::text) as note from generate_series(1, (select last_value from knob)) i"

// A part took the place at the object's beginning, died, and had few rows when
// it was done again: the run is planned anew rather than written without a header.
func TestAnObjectWithoutItsOpeningIsNotCommitted(t *testing.T) {
	s := newScene(t, rowsBy, "  path: orders.csv\n  format: csv\n", 2)
	s.exec("select setval('knob', 140000)")
	dying := s.process(func(op string) (before, after error) {
		if strings.HasPrefix(op, "upload piece") {
			return errKilled, nil
		}
		return nil, nil
	})
	if _, err := s.part(dying, 0, "first"); err == nil {
		t.Fatal("the attempt survived")
	}
	e := s.process(nil)
	behind, err := s.part(e, 1, "whole")
	if err != nil {
		t.Fatal(err)
	}
	s.exec("select setval('knob', 10)")
	few, err := s.part(e, 0, "second")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = e.Commit(t.Context(), s.run, s.plan, []ledger.PartManifest{few, behind}); !errors.Is(err, run.ErrReplan) {
		t.Errorf("got %v, want the run to be planned anew", err)
	}
	if body := s.body("orders.csv"); body != nil {
		t.Errorf("got an object that begins with %q", body[:min(len(body), 20)])
	}
}

// An upload that was opened for rows that are no more doesn't stay open.
func TestAnUploadThatIsNotUsedIsAborted(t *testing.T) {
	s := newScene(t, rowsBy, "  path: orders.csv\n  format: csv\n  skip_empty: true\n", 1)
	s.exec("select setval('knob', 140000)")
	e := s.process(nil)
	if _, err := s.part(e, 0, "first"); err != nil {
		t.Fatal(err)
	}
	s.exec("drop sequence knob; create view knob as select 0::bigint as last_value")
	none, err := s.part(e, 0, "second")
	if err != nil {
		t.Fatal(err)
	}
	totals, err := e.Commit(t.Context(), s.run, s.plan, []ledger.PartManifest{none})
	if err != nil || totals.Files != 0 {
		t.Fatalf("got %+v, %v", totals, err)
	}
	if err := e.Clean(t.Context(), doneRun(s.run), 1); err != nil {
		t.Fatal(err)
	}
	if n := s.uploads("orders.csv"); n != 0 {
		t.Errorf("got %d uploads left open", n)
	}
}

// A late twin writes over a piece that a manifest names: the parts that have
// pieces are done again, and nothing is visible before.
func TestASpoiledPieceIsFoundOut(t *testing.T) {
	s := newScene(t, large, "  path: orders.csv\n  format: csv\n", 2)
	parts := s.parts()
	upload, err := s.ledger.Upload(t.Context(), s.run.ID, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.data.UploadPiece(t.Context(), "orders.csv", upload, 1, bytes.Repeat([]byte("late\n"), 2<<20)); err != nil {
		t.Fatal(err)
	}
	e := s.process(nil)
	_, err = e.Commit(t.Context(), s.run, s.plan, parts)
	var spoiled *run.SpoiledError
	if !errors.As(err, &spoiled) || len(spoiled.Parts) != 2 {
		t.Fatalf("got %v, want both parts spoiled", err)
	}
	if s.body("orders.csv") != nil {
		t.Error("a spoiled object is visible")
	}
	totals, err := e.Commit(t.Context(), s.run, s.plan, s.parts())
	if err != nil {
		t.Fatal(err)
	}
	checkManifest(t, s, totals)
	if bytes.Contains(s.body("orders.csv"), []byte("late")) {
		t.Error("the twin's bytes are in the object")
	}
}

// Of several objects one is spoiled: it is found out before the intent, and only
// the part that wrote it is done again.
func TestOneSpoiledObjectOfManyIsFoundOut(t *testing.T) {
	s := newScene(t, several, "  path: orders.csv\n  format: csv\n  batch: {rows: 140000}\n", 2)
	parts := s.parts()
	s.spoil(3) // the first of part 1
	e := s.process(nil)
	_, err := e.Commit(t.Context(), s.run, s.plan, parts)
	var spoiled *run.SpoiledError
	if !errors.As(err, &spoiled) || !slices.Equal(spoiled.Parts, []int{1}) {
		t.Fatalf("got %v, want part 1 spoiled", err)
	}
	if got := s.bodies(); len(got) > 0 {
		t.Errorf("got %d objects visible", len(got))
	}
	if parts[1], err = s.part(e, 1, "again"); err != nil {
		t.Fatal(err)
	}
	totals, err := e.Commit(t.Context(), s.run, s.plan, parts)
	if err != nil {
		t.Fatal(err)
	}
	checkManifest(t, s, totals)
}

// A twin that comes between the look at the pieces and their use spoils one of
// two objects when the other is visible: nothing can undo that, so the run fails
// and says what is to be seen.
func TestAFailureNamesWhatIsVisible(t *testing.T) {
	s := newScene(t, several, "  path: orders.csv\n  format: csv\n  batch: {rows: 140000}\n", 2)
	parts := s.parts()
	e := s.process(func(op string) (before, after error) {
		if op != "complete orders-00001.csv" {
			return nil, nil
		}
		s.spoil(1)
		for deadline := time.Now().Add(time.Minute); s.body("orders-00003.csv") == nil; {
			if time.Now().After(deadline) {
				return errors.New("the other object never became visible"), nil
			}
		}
		return nil, nil
	})
	_, err := e.Commit(t.Context(), s.run, s.plan, parts)
	var spoiled *run.SpoiledError
	if !fault.Is(err, fault.Invalid) || errors.As(err, &spoiled) || !strings.Contains(err.Error(), "1 of the run's 4 objects are visible, orders-00003.csv,") {
		t.Errorf("got %v, want a failure that names orders-00003.csv", err)
	}
	// A new leader comes to the same end.
	_, err = s.process(nil).Commit(t.Context(), s.run, s.plan, parts)
	if !fault.Is(err, fault.Invalid) || errors.As(err, &spoiled) || !strings.Contains(err.Error(), "orders-00003.csv") {
		t.Errorf("the next leader got %v", err)
	}
}

// With on_conflict: fail, an object that is there is found before another of the
// run becomes visible.
func TestOneObjectThatExistsStopsAll(t *testing.T) {
	s := newScene(t, small, "  path: orders.csv\n  format: csv\n  on_conflict: fail\n  batch: {rows: 300}\n", 1)
	if _, err := s.data.Put(t.Context(), "orders-00003.csv", []byte("mine"), objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err := s.process(nil).Commit(t.Context(), s.run, s.plan, s.parts())
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "write orders-00003.csv: the object exists") {
		t.Errorf("got %v", err)
	}
	if got := s.bodies(); len(got) != 1 || string(got["orders-00003.csv"]) != "mine" {
		t.Errorf("got %d objects", len(got))
	}
}
