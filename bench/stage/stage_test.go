package stage_test

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/bench/stage"
	"github.com/longshore/longshore/pkg/compress"
)

type variant struct {
	format string
	codec  compress.Codec
}

// report gives MB/s of the bytes that the rows take as CSV, so that formats compare.
func report(b *testing.B, rows []arrow.Record) {
	b.Helper()
	csv, err := stage.Export("csv", compress.None, rows, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(csv)))
	b.ReportMetric(0, "ns/op") // rows per second say it better
	b.ReportMetric(float64(stage.Rows*b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

func BenchmarkExport(b *testing.B) {
	rows := stage.Shop()
	for _, of := range []variant{{"csv", compress.None}, {"csv", compress.Gzip}, {"ndjson", compress.None}, {"ndjson", compress.Zstd}, {"json", compress.None}, {"parquet", compress.None}} {
		b.Run(of.format+"/"+of.codec.String(), func(b *testing.B) {
			var object []byte
			var err error
			buf := make([]byte, 0, 128<<20)
			for b.Loop() {
				if object, err = stage.Export(of.format, of.codec, rows, buf); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(object))/stage.Rows, "bytes/row")
			report(b, rows)
		})
	}
}

func BenchmarkIngest(b *testing.B) {
	rows := stage.Shop()
	for _, of := range []variant{{"csv", compress.None}, {"csv", compress.Gzip}, {"ndjson", compress.None}, {"ndjson", compress.Zstd}, {"parquet", compress.None}} {
		b.Run(of.format+"/"+of.codec.String(), func(b *testing.B) {
			file, err := stage.Export(of.format, of.codec, rows, nil)
			if err != nil {
				b.Fatal(err)
			}
			columns, err := stage.Columns(of.format, file)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := stage.Ingest(of.format, file, columns); err != nil {
					b.Fatal(err)
				}
			}
			report(b, rows)
		})
	}
}
