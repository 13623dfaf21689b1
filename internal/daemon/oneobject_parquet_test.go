package daemon_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// The range of a normal row group's size, in bytes as they are in the file.
const (
	leastGroup = 5 << 20
	mostGroup  = 72 << 20 // a group is closed at 64 MiB, after the batch that fills it
)

// readParquet has parquet-go read a file of measures, and checks each column
// chunk's statistics against its values.
func readParquet(t *testing.T, path string) (rows *counter, groups []format.RowGroup) {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := pq.OpenFile(in, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	rows, groups = new(counter), f.Metadata().RowGroups
	for i, g := range f.RowGroups() {
		before := rows.rows
		seen := readGroup(t, g, rows)
		if got := rows.rows - before; got != groups[i].NumRows || got != g.NumRows() {
			t.Errorf("row group %d has %d rows, its metadata says %d", i, got, groups[i].NumRows)
		}
		for c, chunk := range groups[i].Columns {
			seen[c].check(t, i, chunk.MetaData)
		}
	}
	if f.NumRows() != rows.rows {
		t.Errorf("the file has %d rows, its metadata says %d", rows.rows, f.NumRows())
	}
	return rows, groups
}

// readGroup adds a row group's rows to the counter and returns what is true of
// its columns.
func readGroup(t *testing.T, g pq.RowGroup, into *counter) []seen {
	t.Helper()
	all := make([]seen, len(g.ColumnChunks()))
	for c, chunk := range g.ColumnChunks() {
		all[c].compare = chunk.Type().Compare
	}
	rows := g.Rows()
	defer rows.Close()
	for buf := make([]pq.Row, 512); ; {
		n, err := rows.ReadRows(buf)
		for _, row := range buf[:n] {
			into.add(row)
			for c, v := range row {
				all[c].add(v)
			}
		}
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// seen is what is true of a column chunk's values.
type seen struct {
	compare  func(a, b pq.Value) int
	values   int64 // nulls included
	nulls    int64
	min, max pq.Value
}

func (s *seen) add(v pq.Value) {
	s.values++
	if v.IsNull() {
		s.nulls++
		return
	}
	if s.min.IsNull() || s.compare(v, s.min) < 0 {
		s.min = v.Clone()
	}
	if s.max.IsNull() || s.compare(v, s.max) > 0 {
		s.max = v.Clone()
	}
}

func (s *seen) check(t *testing.T, group int, m format.ColumnMetaData) {
	t.Helper()
	st := m.Statistics
	if m.NumValues != s.values || st.NullCount != s.nulls || !bytes.Equal(st.MinValue, s.min.Bytes()) || !bytes.Equal(st.MaxValue, s.max.Bytes()) {
		t.Errorf("row group %d, column %s: its metadata says %d values, %d nulls, from %x to %x; got %d, %d, from %x to %x",
			group, strings.Join(m.PathInSchema, "."), m.NumValues, st.NullCount, st.MinValue, st.MaxValue, s.values, s.nulls, s.min.Bytes(), s.max.Bytes())
	}
}

// checkGroups wants row groups of a normal size, but for the last of each part.
func checkGroups(t *testing.T, groups []format.RowGroup, parts int) {
	t.Helper()
	small := 0
	fewest, most, least, largest := groups[0].NumRows, int64(0), int64(mostGroup), int64(0)
	for _, g := range groups {
		fewest, most = min(fewest, g.NumRows), max(most, g.NumRows)
		least, largest = min(least, g.TotalCompressedSize), max(largest, g.TotalCompressedSize)
		if g.TotalCompressedSize < leastGroup {
			small++
		}
	}
	if small > parts || largest > mostGroup {
		t.Errorf("got %d row groups below %d bytes, want at most %d; the largest has %d", small, leastGroup, parts, largest)
	}
	t.Logf("%d parts: %d row groups of %d to %d rows, %.1f to %.1f MiB; %d below 5 MiB", parts, len(groups), fewest, most, mib(least), mib(largest), small)
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }
