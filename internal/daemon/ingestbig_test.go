//go:build prove

package daemon_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/ledger"
)

// A large NDJSON and a large CSV file are ingested by two workers that the
// operating system keeps from taking more than 512 MiB each, by four parts at a
// time; what is in the table is what was made.
//
// LONGSHORE_PROVE_BYTES is the size of each file, 5 GB unless it is set.
func TestLargeFilesInLittleMemory(t *testing.T) {
	size := int64(5_000_000_000)
	if v := os.Getenv("LONGSHORE_PROVE_BYTES"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 200_000_000 {
			t.Fatalf("LONGSHORE_PROVE_BYTES is %q, want a number from 200000000 on", v)
		}
		size = n
	}
	roomOnDisk(t, 3*size)
	s := newStage(t)
	s.push(s.notes())
	s.produce()
	w := s.startCaged(2, "ingest=2")
	for _, src := range largeSources() {
		start := time.Now()
		s.upload(src, size)
		t.Logf("%s: %d rows, %d MB, made in %.0f s", src.key, src.rows, size/1e6, time.Since(start).Seconds())
		r, _ := w.watch(w.trigger(ledger.Ingest, "notes"))
		if r.State != ledger.Done {
			t.Fatalf("%s: it is %s: %+v", src.key, r.State, r.Failure)
		}
		s.isWhole(src, r)
		took := r.FinishedAt.Sub(r.CreatedAt).Seconds()
		t.Logf("%s: %d parts in %.1f s: %.0f rows/s, %.0f MB/s", src.key, r.Parts, took, float64(src.rows)/took, float64(size)/took/1e6)
		w.memory()
		if err := s.bucket(s.data).Delete(t.Context(), src.key); err != nil {
			t.Fatal(err)
		}
		exec1(t, s.clickhouse(), "DROP TABLE notes SYNC")
	}
}
