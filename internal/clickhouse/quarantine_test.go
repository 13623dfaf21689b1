package clickhouse_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
)

// odd is a key of what may stand in one.
const odd = "odd ' \\ \t\n{a:String}? ü.csv"

// withQuarantine has six rows: two of one reason in each of three files, the last
// of which was replaced.
func withQuarantine(t *testing.T) *clickhouse.Client {
	t.Helper()
	c := withFiles(t)
	for range 2 {
		if err := c.EnsureReplayTable(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.EnsureTable(t.Context(), clickhouse.Quarantine(orders())); err != nil {
		t.Fatal(err)
	}
	for i, key := range []string{"a", odd, "replaced"} {
		f := done(ingesting(key))
		if key == "replaced" {
			exec(t, c, fmt.Sprintf("INSERT INTO longshore_files (datasource, key, etag, state, version) VALUES ('orders', '%s', 'e1', 'replaced', 18000000000000000000)", key))
		} else {
			record(t, c, f)
		}
		for row := 1; row <= 2; row++ {
			exec(t, c, fmt.Sprintf("INSERT INTO orders_quarantine (id, c__error_column, c__error, c__reason, c__import_id, insertion_date, c__file, c__etag, c__row, c__line, c__raw, c__fingerprint, c__format) "+
				"VALUES ('x', ['id'], ['id: not a number'], ['not a number'], 'run 1', '2026-11-20 12:00:0%d', %s, 'e1', %d, %d, 'x,%d', 'f%d', 'csv')", i, clickhouse.Literal(key), row, row+1, row, row))
		}
	}
	return c
}

func ids(rows []clickhouse.QuarantineRow) []clickhouse.QuarantinedID {
	var all []clickhouse.QuarantinedID
	for _, r := range rows {
		all = append(all, r.QuarantinedID)
	}
	return all
}

func at(key string, row int64) clickhouse.QuarantinedID {
	return clickhouse.QuarantinedID{Key: key, ETag: "e1", Row: row}
}

func TestQuarantineShowsWhatIsNotInTheTable(t *testing.T) {
	c := withQuarantine(t)
	read := func(f clickhouse.QuarantineFilter) []clickhouse.QuarantineRow {
		t.Helper()
		rows, err := c.QuarantineRows(t.Context(), "orders", f)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	want := []clickhouse.QuarantinedID{at("a", 1), at("a", 2), at(odd, 1), at(odd, 2)}
	var got []clickhouse.QuarantinedID
	for f := (clickhouse.QuarantineFilter{Limit: 3}); ; f.After = got[len(got)-1] {
		page := read(f)
		if got = append(got, ids(page)...); len(page) < f.Limit {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := ids(read(clickhouse.QuarantineFilter{MaxBytes: 4})); !slices.Equal(got, want[:2]) {
		t.Errorf("two rows of three bytes: got %v", got)
	}
	if got := ids(read(clickhouse.QuarantineFilter{Key: odd, Fingerprint: "f2", Settled: true})); !slices.Equal(got, want[3:]) {
		t.Errorf("by file and fingerprint: got %v", got)
	}
	split := ingesting("a") // of a file that is split, a range may be done long before the file is
	split.ETag, split.RangeBytes = "split", 100
	ranged := done(split)
	ranged.Range = 1
	record(t, c, split, ranged)
	exec(t, c, "INSERT INTO orders_quarantine (c__file, c__etag, c__row) VALUES ('a', 'split', 1)")
	if got := ids(read(clickhouse.QuarantineFilter{Key: "a", Settled: true})); !slices.Equal(got, want[:2]) {
		t.Errorf("a file that isn't done: got %v", got)
	}
	r := read(clickhouse.QuarantineFilter{})[0]
	if string(r.Raw) != "x,1" || r.Line != 2 || r.Offset != -1 || r.RowGroup != -1 || r.Errors[0] != "id: not a number" || r.RunID != "run 1" || r.Replay != "" || r.Format != "csv" {
		t.Errorf("got %+v", r)
	}
	if rows, err := open(t).QuarantineRows(t.Context(), "orders", clickhouse.QuarantineFilter{}); err != nil || len(rows) != 0 {
		t.Errorf("without the tables: got %v, %v", rows, err)
	}
}

// A row that was replayed is left out, and one that failed again shows why.
func TestQuarantineSubtractsReplays(t *testing.T) {
	c := withQuarantine(t)
	tried := func(id clickhouse.QuarantinedID, state clickhouse.ReplayState) clickhouse.ReplayRecord {
		return clickhouse.ReplayRecord{
			Datasource: "orders", QuarantinedID: id, State: state, RunID: "run 2", UpdatedAt: noon,
			Columns: []string{"at"}, Errors: []string{"at: not a date"}, Reasons: []string{"not a date"}, Fingerprint: "f3",
		}
	}
	late := tried(at("a", 1), clickhouse.ReplayFailed)
	late.UpdatedAt = noon.AddDate(0, 0, 1)
	for _, records := range [][]clickhouse.ReplayRecord{
		{tried(at("a", 1), clickhouse.ReplayOpen), tried(at(odd, 2), clickhouse.ReplayFailed)},
		{tried(at("a", 1), clickhouse.ReplayDone)},
		{late},
	} {
		if err := c.RecordReplays(t.Context(), records); err != nil {
			t.Fatal(err)
		}
	}
	groups, err := c.QuarantineGroups(t.Context(), "orders")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range groups {
		got = append(got, fmt.Sprintf("%s: %d rows, %d files, %v %v, %v, %s", g.Fingerprint, g.Rows, g.Files, g.Columns, g.Reasons, g.Example.QuarantinedID, g.Example.Replay))
	}
	want := []string{
		fmt.Sprintf("f1: 1 rows, 1 files, [id] [not a number], %v, ", at(odd, 1)),
		fmt.Sprintf("f2: 1 rows, 1 files, [id] [not a number], %v, ", at("a", 2)),
		fmt.Sprintf("f3: 1 rows, 1 files, [at] [not a date], %v, run 2", at(odd, 2)),
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
