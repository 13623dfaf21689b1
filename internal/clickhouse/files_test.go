package clickhouse_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/fault"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 123_456_000, time.UTC)

func ingesting(key string) clickhouse.FileRecord {
	return clickhouse.FileRecord{
		Datasource: "orders", Key: key, ETag: "e1", Size: 1 << 40, Modified: noon.Add(-time.Hour),
		State: clickhouse.FileIngesting, ChunkRows: 1000, RunID: "run 1", UpdatedAt: noon,
	}
}

func done(f clickhouse.FileRecord) clickhouse.FileRecord {
	f.State, f.Rows, f.Quarantined, f.Bytes, f.Chunks = clickhouse.FileDone, 90, 10, 5000, 3
	f.UpdatedAt = f.UpdatedAt.Add(time.Microsecond)
	return f
}

func withFiles(t *testing.T) *clickhouse.Client {
	t.Helper()
	c := open(t)
	for range 2 {
		if err := c.EnsureFileTable(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func record(t *testing.T, c *clickhouse.Client, files ...clickhouse.FileRecord) {
	t.Helper()
	if err := c.RecordFiles(t.Context(), files); err != nil {
		t.Fatal(err)
	}
}

func TestTheLatestRecordOfAFileCounts(t *testing.T) {
	c := withFiles(t)
	odd := ingesting("odd ' \\ \t\n{a:String}? ü/\x01.csv")
	odd.Error = "line 1: it's\nwrong"
	other := ingesting("a")
	other.Datasource = "others"
	second := ingesting("a")
	second.ETag, second.Pack = "e2", "p"
	record(t, c, ingesting("a"), second, odd, other)
	record(t, c, done(ingesting("a")), done(odd))
	record(t, c, ingesting("a")) // late: an older version
	want := map[clickhouse.FileVersion]clickhouse.FileRecord{
		{Key: "a", ETag: "e1"}: done(ingesting("a")), {Key: "a", ETag: "e2"}: second, odd.Version(): done(odd),
	}
	ask := []clickhouse.FileVersion{{Key: "a", ETag: "e1"}, {Key: "a", ETag: "e2"}, odd.Version(), {Key: "new", ETag: "e1"}, {Key: "a", ETag: "e3"}}
	got, err := c.KnownFiles(t.Context(), "orders", ask)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want (-), got (+)\n%s", d)
	}
	if got, err := c.KnownFiles(t.Context(), "orders", nil); err != nil || len(got) != 0 {
		t.Errorf("no files: got %v %v", got, err)
	}
}

func TestKnownFilesAsksInPages(t *testing.T) {
	c := withFiles(t)
	var ask []clickhouse.FileVersion
	var files []clickhouse.FileRecord
	for i := range 12_000 {
		f := ingesting(fmt.Sprintf("dir/%06d.csv", i))
		ask = append(ask, f.Version())
		if i%2 == 0 {
			files = append(files, f)
		}
	}
	record(t, c, files...)
	got, err := c.KnownFiles(t.Context(), "orders", ask)
	if err != nil || len(got) != len(files) {
		t.Errorf("got %d %v, want %d", len(got), err, len(files))
	}
}

func TestListAndSumFiles(t *testing.T) {
	c := withFiles(t)
	var want []clickhouse.FileRecord
	for i := range 25 {
		f := ingesting(fmt.Sprintf("%02d", i))
		record(t, c, f)
		if i%5 != 0 {
			want = append(want, done(f))
		}
	}
	record(t, c, want...)
	var got []clickhouse.FileRecord
	filter := clickhouse.FileFilter{State: clickhouse.FileDone, RunID: "run 1", Limit: 6}
	for {
		page, err := c.ListFiles(t.Context(), "orders", filter)
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, page...); len(page) < filter.Limit {
			break
		}
		filter.After = got[len(got)-1].Version()
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want (-), got (+)\n%s", d)
	}
	sums, err := c.SumRows(t.Context(), "orders")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[clickhouse.FileState]clickhouse.FileSums{
		clickhouse.FileDone:      {Files: 20, Rows: 20 * 90, Quarantined: 20 * 10, Bytes: 20 * 5000},
		clickhouse.FileIngesting: {Files: 5},
	}, sums); d != "" {
		t.Errorf("want (-), got (+)\n%s", d)
	}
}

// A state never gives way to one that comes before it, whatever the clocks say.
func TestStatesOfAFileGoOneWay(t *testing.T) {
	states := []clickhouse.FileState{
		clickhouse.FilePlanned, clickhouse.FileIngesting, clickhouse.FileFailed, clickhouse.FileDone, clickhouse.FileReplaced,
	}
	c := withFiles(t)
	for i, state := range states {
		f := ingesting("a")
		f.State, f.UpdatedAt = state, noon.Add(-time.Duration(i)*24*time.Hour)
		record(t, c, f)
		for _, earlier := range states[:i] {
			late := f
			late.State, late.UpdatedAt = earlier, noon.Add(time.Hour)
			record(t, c, late)
		}
		known, err := c.KnownFiles(t.Context(), "orders", []clickhouse.FileVersion{f.Version()})
		if err != nil || known[f.Version()].State != state {
			t.Errorf("got %+v %v, want %s", known, err, state)
		}
	}
}

func TestRangesAreOfTheirFile(t *testing.T) {
	c := withFiles(t)
	whole := ingesting("a")
	whole.RangeBytes, whole.Columns, whole.Marked = 64<<20, 3, true
	whole.Replaces, whole.Instead = true, []string{"e0", "e 0'"}
	var want []clickhouse.FileRecord
	for i := range 12 {
		f := whole
		f.Range = uint32(i + 1)
		record(t, c, f)
		want = append(want, done(f))
	}
	other := ingesting("ab")
	other.Range = 1
	record(t, c, append(want, whole, other)...)
	got, err := c.KnownRanges(t.Context(), "orders", whole.Version())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want (-), got (+)\n%s", d)
	}
	known, err := c.KnownFiles(t.Context(), "orders", []clickhouse.FileVersion{whole.Version()})
	if d := cmp.Diff(map[clickhouse.FileVersion]clickhouse.FileRecord{whole.Version(): whole}, known); d != "" || err != nil {
		t.Errorf("%v, want (-), got (+)\n%s", err, d)
	}
	listed, err := c.ListFiles(t.Context(), "orders", clickhouse.FileFilter{})
	if d := cmp.Diff([]clickhouse.FileRecord{whole}, listed); d != "" || err != nil {
		t.Errorf("%v, want (-), got (+)\n%s", err, d)
	}
	sums, err := c.SumRows(t.Context(), "orders")
	if d := cmp.Diff(map[clickhouse.FileState]clickhouse.FileSums{clickhouse.FileIngesting: {Files: 1}}, sums); d != "" || err != nil {
		t.Errorf("%v, want (-), got (+)\n%s", err, d)
	}
}

func TestFileTableFromBeforeRanges(t *testing.T) {
	c := open(t)
	exec(t, c, `CREATE TABLE longshore_files (datasource LowCardinality(String), key String, etag String, size UInt64, modified DateTime64(6, 'UTC'),
		state LowCardinality(String), rows UInt64, quarantined UInt64, bytes UInt64, chunks UInt64, chunk_rows UInt64, chunk_bytes UInt64, run_id String,
		error String, updated_at DateTime64(6, 'UTC'), version UInt64) ENGINE = ReplacingMergeTree(version) ORDER BY (datasource, key, etag)`)
	exec(t, c, "INSERT INTO longshore_files (datasource, key, etag, state, rows, version) VALUES ('orders', 'a', 'e1', 'done', 7, 4611686018427387905)")
	for range 2 {
		if err := c.EnsureFileTable(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	first := ingesting("a")
	first.Range = 1
	record(t, c, first, ingesting("a"))
	exec(t, c, "OPTIMIZE TABLE longshore_files FINAL")
	got := line(t, c, "SELECT toString(groupArray((range, state, rows))) FROM (SELECT * FROM longshore_files ORDER BY range)")
	if want := "[(0,'done',7),(1,'ingesting',0)]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFilesWithoutTheirTable(t *testing.T) {
	_, err := open(t).KnownFiles(t.Context(), "orders", []clickhouse.FileVersion{{Key: "a", ETag: "e"}})
	wantFault(t, err, fault.NotFound, "look up files of orders", "UNKNOWN_TABLE (60)")
}
