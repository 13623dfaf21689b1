package sourcetest

import (
	"context"
	"errors"
	"io"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
)

const million = 1_000_000

// memoryAllowed is how much a million rows of about 60 bytes may take: far less
// than they are.
const memoryAllowed = 24 << 20

func (h Harness) testMillion(t *testing.T) {
	url := h.Database(t)
	h.Exec(t, url, h.Numbers("numbers", million)...)
	db := h.open(t, url, 0)
	q := query("SELECT id, label, label || label AS twice FROM numbers")
	splits := split(t, db, q, 1)
	if n := len(splits.Splits); n != 1 {
		t.Fatalf("got %d splits, want 1", n)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	runtime.GC()
	before, most := heap(), uint64(0)
	var rows, sum int64
	batches := 0
	read(t, db, q, splits.Splits[0], func(rec arrow.Record) {
		rows += rec.NumRows()
		for _, id := range rec.Column(0).(*array.Int64).Int64Values() {
			sum += id
		}
		if batches++; batches%16 == 0 {
			most = max(most, heap())
		}
		if rec.NumRows() > batch.DefaultRows {
			t.Fatalf("got a batch of %d rows, want %d at most", rec.NumRows(), batch.DefaultRows)
		}
	})
	if want := int64(million) * (million - 1) / 2; rows != million || sum != want {
		t.Errorf("got %d rows with the sum %d, want %d and %d", rows, sum, million, want)
	}
	if most > before+memoryAllowed {
		t.Errorf("memory grew from %d to %d bytes, want %d more at most", before, most, memoryAllowed)
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// testCancel cancels a query whose rows are coming, and one whose reader is
// closed; the server must stop both.
func (h Harness) testCancel(t *testing.T) {
	url := h.Database(t)
	db := h.open(t, url, 16)
	q := query(h.Endless)
	for _, byContext := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r, err := db.Read(ctx, q, split(t, db, q, 1).Splits[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(ctx); err != nil {
			t.Fatal(err)
		}
		h.await(t, url, "the query runs", func(n int) bool { return n > 0 })
		if byContext {
			cancel()
			for err = nil; err == nil; {
				_, err = r.Next(ctx)
			}
			if !fault.Is(err, fault.Canceled) {
				t.Errorf("got the error %v of kind %v, want canceled", err, fault.KindOf(err))
			}
			if errors.Is(err, io.EOF) {
				t.Errorf("got %v, which is also the end of the result", err)
			}
		}
		for range 2 {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := r.Next(t.Context()); err == nil {
			t.Error("a closed reader went on")
		}
		h.await(t, url, "the query is gone", func(n int) bool { return n == 0 })
	}
}

// await asks the server until it runs a number of marked queries that holds.
func (h Harness) await(t *testing.T, url, what string, holds func(int) bool) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		n := h.Running(t, url, h.Marker)
		if holds(n) {
			tick.Stop()
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s: %d are running", what, n)
		}
	}
}

// testEndedContext makes every call with a context that has ended.
func (h Harness) testEndedContext(t *testing.T) {
	url := h.Database(t)
	db := h.open(t, url, 0)
	q := query("SELECT 1 AS c")
	s := split(t, db, q, 1).Splits[0]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, described := db.Describe(ctx, q)
	_, cut := db.Split(ctx, q, 2)
	_, reading := db.Read(ctx, q, s)
	r, err := db.Read(t.Context(), q, s)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, next := r.Next(ctx)
	for name, err := range map[string]error{"describe": described, "split": cut, "read": reading, "next": next} {
		if !fault.Is(err, fault.Canceled) {
			t.Errorf("%s: got the error %v of kind %v, want canceled", name, err, fault.KindOf(err))
		}
	}
}
