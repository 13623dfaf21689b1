package ingest_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/longshore/longshore/internal/run"
)

// numbered is lines of objects, all of one length, some of which don't fit.
func numbered(n int, fits func(i int) bool) []byte {
	var b bytes.Buffer
	for i := range n {
		if fits(i) {
			fmt.Fprintf(&b, `{"id":%06d,"name":"x"}`+"\n", 100_000+i)
		} else {
			fmt.Fprintf(&b, `{"id":"n%05d","name":""}`+"\n", i)
		}
	}
	return b.Bytes()
}

// What is before a range of lines is read only where the range has rejects, and then
// once: what somebody counted, and what a range that is done had, is known.
func TestLinesBeforeARangeAreCountedOnce(t *testing.T) {
	const ranges, rows = 10, 1000
	opens := func(dirty func(i int) bool, backwards, old bool) (n int) {
		s := newScene(t)
		s.put("big.ndjson", numbered(rows, func(i int) bool { return !dirty(i) }))
		s.splitPlan(int64(len(numbered(rows/ranges, dirty))))
		if s.plan.Parts != ranges || len(s.plan.Waves) > 0 {
			t.Fatalf("got %d parts in waves %v", s.plan.Parts, s.plan.Waves)
		}
		order := make([]int, ranges)
		for i := range order {
			order[i] = i
		}
		if backwards {
			slices.Reverse(order)
		}
		s.open = func(string) error { n++; return nil }
		for i, part := range order {
			if old && i == ranges-1 { // the others were done when lines weren't counted
				const forget = "INSERT INTO longshore_files SELECT * REPLACE (0 AS lines, version + 1 AS version) FROM longshore_files FINAL WHERE range > 0"
				if _, err := s.db.ExecContext(t.Context(), forget); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := s.ingest.Part(t.Context(), run.Part{Run: s.run, Plan: s.plan, Index: part, Attempt: "A", Meter: new(run.Meter)}); err != nil {
				t.Fatal(err)
			}
		}
		bad := 0
		for i := range rows {
			if dirty(i) {
				bad++
			}
		}
		if got, want := s.one("SELECT toString((count(), uniqExact(c__row), countIf(c__raw != concat('{\"id\":\"n', leftPad(toString(c__row - 1), 5, '0'), '\",\"name\":\"\"}')), countIf(c__line != c__row))) FROM events_quarantine"),
			fmt.Sprintf("(%d,%d,0,0)", bad, bad); got != want {
			t.Errorf("got quarantine %s, want %s", got, want)
		}
		return n
	}
	clean := opens(func(int) bool { return false }, true, false)
	for _, tt := range []struct {
		name      string
		dirty     func(i int) bool
		backwards bool
		old       bool
		counted   int
	}{
		{"the first range has one", func(i int) bool { return i == 7 }, true, false, 0},
		{"every range, first to last", func(i int) bool { return i%9 == 0 }, false, false, 0},
		{"every range, last to first", func(i int) bool { return i%9 == 0 }, true, false, ranges - 1},
		{"every range, first to last, by records without lines", func(i int) bool { return i%9 == 0 }, false, true, ranges - 1},
		{"the fourth has many", func(i int) bool { return i > 300 && i < 350 }, true, false, 3},
	} {
		if got := opens(tt.dirty, tt.backwards, tt.old) - clean; got != tt.counted {
			t.Errorf("%s: got %d ranges counted, want %d", tt.name, got, tt.counted)
		}
	}
}
