package export_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore/crc64"
)

var errKilled = fault.New(fault.Temporary, "killed")

const (
	large = "select i as id, md5(i::text) as note from generate_series(1, 140000) i" // a piece of more than 5 MiB
	small = "select i as id, md5(i::text) as note from generate_series(1, 1000) i"   // a tail
)

// A producer dies at, or right after, each call of a commit. Another one, which
// has nothing but the ledger, finishes it: the same bytes, once.
func TestACommitIsFinishedWhereverItWasKilled(t *testing.T) {
	tests := []struct{ name, sql, destination string }{
		{"single put", small, ""},
		{"single put, nothing overwritten", small, "  on_conflict: fail\n"},
		{"upload", large, ""},
		{"upload, nothing overwritten", large, "  on_conflict: fail\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			whole := &calls{}
			want := commitKilled(t, tt.sql, tt.destination, whole, nil)
			for at := range whole.seen {
				for _, made := range []bool{false, true} {
					t.Run(fmt.Sprintf("%d %s made %v", at+1, strings.Fields(whole.seen[at])[0], made), func(t *testing.T) {
						commitKilled(t, tt.sql, tt.destination, &calls{dieAt: at + 1, made: made}, want)
					})
				}
			}
		})
	}
}

// commitKilled commits a run of two parts in a process that dies as told, and
// then in one that doesn't. It returns the object.
func commitKilled(t *testing.T, sql, destination string, c *calls, want []byte) []byte {
	s := newScene(t, sql, "  path: orders.csv\n  format: csv\n"+destination, 2)
	parts := s.parts()
	if got := s.body("orders.csv"); got != nil {
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
	body := s.body("orders.csv")
	if want != nil && !bytes.Equal(body, want) {
		t.Errorf("got %d bytes, want the %d of an undisturbed commit", len(body), len(want))
	}
	if n := s.uploads("orders.csv"); n != 0 {
		t.Errorf("got %d uploads left open", n)
	}
	checkManifest(t, s, totals, body)
	return body
}

func doneRun(r ledger.Run) ledger.Run {
	r.State = ledger.Done
	return r
}

// checkManifest holds the manifest against the object.
func checkManifest(t *testing.T, s *scene, totals ledger.Totals, body []byte) {
	t.Helper()
	var m export.Manifest
	if err := s.ledger.Manifest(t.Context(), s.run.ID, &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Objects) != 1 {
		t.Fatalf("got objects %+v", m.Objects)
	}
	o := m.Objects[0]
	lines := int64(bytes.Count(body, []byte("\n")) - 1)
	if o.Bytes != int64(len(body)) || o.Rows != lines || o.CRC64NVME != crc64.Format(crc64.Checksum(body)) {
		t.Errorf("got %d bytes, %d rows, checksum %s; the object has %d, %d, %s",
			o.Bytes, o.Rows, o.CRC64NVME, len(body), lines, crc64.Format(crc64.Checksum(body)))
	}
	if totals.Rows != lines || totals.Files != 1 || totals.Bytes != o.Bytes {
		t.Errorf("got totals %+v", totals)
	}
	head, err := s.data.Head(t.Context(), o.Key)
	if err != nil || head.ETag != o.ETag {
		t.Errorf("got ETag %q, the store has %q, %v", o.ETag, head.ETag, err)
	}
}
