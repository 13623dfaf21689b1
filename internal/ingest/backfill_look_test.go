package ingest_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/internal/ledger"
)

// look says what a backfill of some files would do.
func (y *yard) look(pattern string, within time.Duration) ingest.BackfillLook {
	y.t.Helper()
	l, err := y.backfill.Look(y.t.Context(), y.project, ledger.BackfillRecord{Datasource: "events", URI: "s3://" + y.name + "/" + pattern}, within)
	if err != nil {
		y.t.Fatal(err)
	}
	return l
}

// What a backfill would do is told by what the datasource did, once that is enough
// to tell; by then, and before, nothing is done.
func TestLookBeforeABackfill(t *testing.T) {
	y := newYard(t, 5)
	before := y.look("in/*", time.Minute)
	e, known := before.Estimate(1)
	if !known || before.RestsOn != ingest.ASample || before.Sample.Files != 5 || before.Sample.Rows != 50 || e.Rows != 50 || e.Quarantined != 0 ||
		before.Found.Files != 5 || before.Parts != 5 || before.Inserts != 1 || !before.Found.Complete {
		t.Errorf("of a datasource that never ran: got %+v, %+v", before, e)
	}
	y.lead()
	y.work()
	y.sync()
	y.put("in/005.csv", tenRows(5))
	after := y.look("in/*", time.Minute)
	e, known = after.Estimate(1)
	if !known || after.RestsOn != ingest.PastRuns || after.Runs != 1 || after.Sample.Files != 0 || after.Found.Files != 1 || after.Found.Known != 5 ||
		e.Rows < 9 || e.Rows > 11 || e.Low <= 0 || e.Low >= e.Likely || e.Likely >= e.High {
		t.Errorf("of a datasource that ran: got %+v, %+v", after, e)
	}
	y.put("in/006.csv", manyRows(1000))
	if l := y.look("in/*", time.Minute); l.RestsOn != ingest.ASample || l.Sample.Rows != 1010 {
		t.Errorf("of one that took in less than is to come: got %+v", l)
	}
	y.done(y.fill())
	if l := y.look("in/*", time.Minute); l.Found.Files != 0 || l.Sample.Files != 0 {
		t.Errorf("after the backfill: got %+v", l)
	} else if _, known := l.Estimate(1); known {
		t.Errorf("of no files: got an estimate, %+v", l)
	}
	y.put("in/007.csv", manyRows(1000))
	if l := y.look("in/*", time.Minute); l.RestsOn != ingest.PastBackfills || l.Runs != 1 {
		t.Errorf("of one that had a backfill: got %+v", l)
	}
	if l := y.look("in/*", time.Nanosecond); l.Found.Complete {
		t.Errorf("without time: got %+v", l)
	}
	for name, err := range y.ledger.Backfills(t.Context()) {
		if err != nil || name != "events-1" {
			t.Errorf("got backfill %s, %v", name, err)
		}
	}
}

// longRows is a CSV file of n rows of some 100 bytes, one in ten of which doesn't fit.
func longRows(n int) []byte {
	var b bytes.Buffer
	b.WriteString("id,name\n")
	for i := range n {
		bad := ""
		if i%10 == 3 {
			bad = "x"
		}
		fmt.Fprintf(&b, "%s%d,%x%s\n", bad, i, i*7919, strings.Repeat("name ", 16))
	}
	return b.Bytes()
}

func gzipped(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text) // a buffer takes all
	_ = w.Close()
	return b.Bytes()
}

// Without a past the beginnings of some files tell how many rows there are and how
// many of them don't fit, and nothing is written anywhere.
func TestASampleTellsOfTheRest(t *testing.T) {
	const mib = 1 << 20
	row := int64(len(longRows(10_000))) / 10_000
	for _, c := range []struct {
		name              string
		put               func(y *yard)
		rows, quarantined int64
		fetched           int64 // bytes of streams at most
		sample            ingest.BackfillSample
	}{
		{"texts of several sizes", func(y *yard) {
			for i := range 20 {
				y.put(fmt.Sprintf("x/small%d.csv", i), string(longRows(100)))
			}
			for i := range 3 {
				y.put(fmt.Sprintf("x/large%d.csv", i), string(longRows(100_000)))
			}
		}, 302_000, 30_200, 20 * mib, ingest.BackfillSample{}},
		{"compressed", func(y *yard) { y.put("x/a.csv.gz", string(gzipped(longRows(200_000)))) }, 200_000, 20_000, 2 * mib, ingest.BackfillSample{Files: 1}},
		{"row groups", func(y *yard) { y.groups(400_000) }, 400_000, 40_000, mib, ingest.BackfillSample{Files: 1}},
		{"a file that lacks a column", func(y *yard) {
			y.put("x/a.csv", strings.Replace(string(longRows(1000)), "id", "key", 1))
		}, 1000, 1000, mib, ingest.BackfillSample{Files: 1, Bytes: 1000 * row, Rows: 1000, Quarantined: 1000}},
		{"a file that can't be read", func(y *yard) {
			y.put("x/a.csv", string(longRows(1000)))
			y.put("x/b.csv", "PAR1"+strings.Repeat("not a file\n", 1000))
		}, 1000, 100, mib, ingest.BackfillSample{Files: 2, Unreadable: 1}},
		{"a row without an end", func(y *yard) { y.put("x/a.csv", "id,name\n1,"+strings.Repeat("endless ", 4*mib)) }, 0, 0, 9 * mib, ingest.BackfillSample{Files: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newYard(t, 0)
			pattern := "x/*"
			if c.name == "row groups" {
				pattern = "big.parquet"
			}
			c.put(y)
			before := y.objects()
			l := y.look(pattern, time.Minute)
			e, known := l.Estimate(2)
			if !known || l.RestsOn != ingest.ASample || e.Low <= 0 || e.Low >= e.Likely || e.Likely >= e.High {
				t.Fatalf("got %+v, %+v", l, e)
			}
			near := func(got, want int64) bool { return 100*got >= 93*want && 100*got <= 107*want }
			if !near(e.Rows, c.rows) || !near(e.Quarantined, c.quarantined) {
				t.Errorf("got %d rows and %d for quarantine, want about %d and %d", e.Rows, e.Quarantined, c.rows, c.quarantined)
			}
			if s := c.sample; s.Files > 0 && (l.Sample.Files != s.Files || l.Sample.Unreadable != s.Unreadable || (l.Sample.Why != "") != (s.Unreadable > 0)) || s.Rows > 0 && l.Sample.Rows != s.Rows {
				t.Errorf("got sample %+v, want %+v", l.Sample, s)
			}
			if got := y.fetched.Load(); got > c.fetched {
				t.Errorf("got %d bytes read of %d, want %d at most", got, l.Found.Bytes, c.fetched)
			}
			if !maps.Equal(y.objects(), before) {
				t.Error("the state bucket was written to")
			}
			if got := y.one("SELECT toString(count()) FROM system.tables WHERE database = currentDatabase()"); got != "0" {
				t.Errorf("got %s tables", got)
			}
			if one, _ := l.Estimate(1); one.High < e.High {
				t.Errorf("got %s with one slot, %s with two", one.High, e.High)
			}
		})
	}
}
