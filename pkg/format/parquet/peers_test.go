package parquet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/formattest"
	"github.com/longshore/longshore/pkg/format/parquet"
)

// object writes each record as a segment of one object, the last one first.
func object(t testing.TB, opts format.WriteOptions, recs ...arrow.Record) []byte {
	t.Helper()
	frame, err := parquet.Format{}.Frame(recs[0].Schema(), opts)
	if err != nil {
		t.Fatal(err)
	}
	out := append([]byte{}, frame.Opening()...)
	var segments []format.Segment
	for i := len(recs) - 1; i >= 0; i-- {
		enc, err := parquet.Format{}.Encoder(recs[i].Schema(), opts)
		if err != nil {
			t.Fatal(err)
		}
		s := format.Segment{Offset: int64(len(out)), Rows: recs[i].NumRows()}
		if out, err = enc.Encode(out, recs[i]); err != nil {
			t.Fatal(err)
		}
		if out, s.Meta, err = enc.Flush(out); err != nil {
			t.Fatal(err)
		}
		s.Size = int64(len(out)) - s.Offset
		segments = append(segments, s)
	}
	end, err := frame.Closing(segments)
	if err != nil {
		t.Fatal(err)
	}
	return append(out, end...)
}

func write(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "values.parquet")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestClickHouseReads wants ClickHouse's own Parquet reader to read values back.
func TestClickHouseReads(t *testing.T) {
	server := servertest.ClickHouse(t)
	for _, p := range formattest.ClickHouseProbes {
		t.Run(p.Column, func(t *testing.T) {
			rec := p.Batch(t)
			half := rec.NumRows() / 2
			b := object(t, format.WriteOptions{}, rec.NewSlice(0, half), rec.NewSlice(half, rec.NumRows()))
			p.Check(t, rec, formattest.AskClickHouse(t, server.HTTP, fmt.Sprintf(
				"SELECT toString("+p.Shown+") AS v FROM format(Parquet, 'n Int32, %[2]s Nullable(%[3]s)', %[4]s) ORDER BY n FORMAT JSON",
				p.Column, p.Column, p.Type, formattest.Literal(b))))
		})
	}
}

// TestDuckDBReads wants DuckDB to read values back, with the types that it finds
// in the file.
func TestDuckDBReads(t *testing.T) {
	for _, p := range []formattest.Probe{
		{Column: "int64", Shown: "%s"},
		{Column: "uint64", Shown: "%s"},
		{Column: "float64", Shown: "%s"},
		{Column: "decimal38_10", Shown: "%s"},
		{Column: "date", Shown: "date_diff('day', DATE '1970-01-01', %s)", Keep: formattest.Days},
		{Column: "timestamp_us", Shown: "epoch_us(%s)", Keep: formattest.Moments},
		{Column: "timestamptz_us", Shown: "epoch_us(%s)", Keep: formattest.Moments},
		{Column: "utf8", Shown: "lower(hex(%s))"},
		{Column: "uuid", Shown: "%s"},
	} {
		t.Run(p.Column, func(t *testing.T) {
			rec := p.Batch(t)
			half := rec.NumRows() / 2
			path := write(t, object(t, format.WriteOptions{Compression: "snappy"}, rec.NewSlice(0, half), rec.NewSlice(half, rec.NumRows())))
			p.Check(t, rec, formattest.Shown(servertest.DuckDB(t, fmt.Sprintf(
				"SELECT ("+p.Shown+")::VARCHAR AS v FROM '%[2]s' ORDER BY n", p.Column, path))))
		})
	}
}

// TestDuckDBReadsEverything has DuckDB decode every column of every type, and
// count what is there.
func TestDuckDBReadsEverything(t *testing.T) {
	rec := batchtest.Edges(memory.DefaultAllocator, 3000)
	path := write(t, object(t, format.WriteOptions{RowGroupRows: 700}, rec))
	var counts []string
	for _, f := range rec.Schema().Fields() {
		counts = append(counts, fmt.Sprintf(`count("%s"::VARCHAR) AS "%[1]s"`, f.Name))
	}
	row := servertest.DuckDB(t, "SELECT "+strings.Join(counts, ", ")+" FROM '"+path+"'")[0]
	for i, f := range rec.Schema().Fields() {
		if got, want := fmt.Sprint(row[f.Name]), fmt.Sprint(rec.NumRows()-int64(rec.Column(i).NullN())); got != want {
			t.Errorf("column %s: got %s values, want %s", f.Name, got, want)
		}
	}
}

// TestDuckDBTrustsStatistics asks what a reader answers with the help of row
// groups' bounds.
func TestDuckDBTrustsStatistics(t *testing.T) {
	var recs []arrow.Record
	for i := range 5 {
		recs = append(recs, batchtest.Shop(memory.DefaultAllocator, int64(i)*1000+1, 1000))
	}
	path := write(t, object(t, format.WriteOptions{RowGroupRows: 300}, recs...))
	rows := servertest.DuckDB(t, "SELECT count(*) AS n, min(id) AS lo, max(id) AS hi FROM '"+path+"' WHERE id BETWEEN 1990 AND 2010")
	if got := fmt.Sprintf("%v %v %v", rows[0]["n"], rows[0]["lo"], rows[0]["hi"]); got != "21 1990 2010" {
		t.Errorf("got %s, want 21 1990 2010", got)
	}
	rows = servertest.DuckDB(t, "SELECT min(stats_min_value::BIGINT) AS lo, max(stats_max_value::BIGINT) AS hi, sum(stats_null_count) AS nulls "+
		"FROM parquet_metadata('"+path+"') WHERE path_in_schema = 'id'")
	if got := fmt.Sprintf("%v %v %v", rows[0]["lo"], rows[0]["hi"], rows[0]["nulls"]); got != "1 5000 0" {
		t.Errorf("got bounds and nulls %s, want 1 5000 0", got)
	}
}
