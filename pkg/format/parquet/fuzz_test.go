package parquet

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
	pq "github.com/parquet-go/parquet-go"

	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
)

// fuzzSeeds is small files of several writers: one that is spoilt at a byte still
// gets far into the decoder.
func fuzzSeeds(t testing.TB) [][]byte {
	t.Helper()
	rec := orders(t)
	var seeds [][]byte
	for _, codec := range []string{"none", "snappy", "zstd", "gzip"} {
		seeds = append(seeds, objectOf(t, rec.Schema(), format.WriteOptions{Compression: codec, RowGroupRows: 3}, []arrow.Record{rec}))
	}
	edges := batchtest.Edges(memory.DefaultAllocator, 4)
	seeds = append(seeds, objectOf(t, edges.Schema(), format.WriteOptions{Compression: "none"}, []arrow.Record{edges}))
	for _, version := range []int{1, 2} {
		var buf bytes.Buffer
		w := pq.NewGenericWriter[encoded](&buf, pq.DataPageVersion(version))
		one := int64(1)
		if _, err := w.Write([]encoded{{Delta: 1, Lengths: "abc", Maybe: &one, Repeated: []int64{1, 2}, Names: []string{"n"}}, {Delta: 5}}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, buf.Bytes())
	}
	paths, err := filepath.Glob("../all/testdata/corpus/parquet/*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) < 8<<10 {
			seeds = append(seeds, b)
		}
	}
	return seeds
}

// FuzzDecoder reads anything: no panic, no hang, and errors that are Invalid.
func FuzzDecoder(f *testing.F) {
	for _, s := range fuzzSeeds(f) {
		f.Add(s)
	}
	columns := columnsOf(f, "id", "Int64", "int64", "Int8", "utf8", "Nullable(String)", "delta", "Int64", "lengths", "String",
		"maybe", "Nullable(Int64)", "repeated", "Array(Int64)", "names", "Array(String)", "extra", "Map(String, Nullable(Int64))",
		"split", "Float64", "dict", "LowCardinality(String)", "decimal38_10", "Nullable(Decimal(38, 10))", "timestamp_us", "Nullable(DateTime64(6))")
	columns = append(columns, column(f, "sku", "Array(Nullable(String))", "$.items[:].sku"), column(f, "city", "Nullable(String)", "$.customer.address.city"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tryRead(t, b, columns)
		tryRead(t, b, append(columns[:1:1], column(t, "row", "String", "$")))
		if _, err := (Format{}).Infer(context.Background(), inputOf(b), format.ReadOptions{SampleRows: 100}); err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatalf("infer: got %v, want an Invalid error", err)
		}
	})
}
