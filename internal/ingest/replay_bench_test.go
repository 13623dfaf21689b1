package ingest_test

import (
	"bytes"
	"fmt"
	"io"
	"syscall"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	formats "github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/schema"
)

// BenchmarkReplayDecodes decodes a million quarantined rows again, 1% of which
// still don't fit: as a file is decoded, as a replay does it, in pages, and each
// row alone.
func BenchmarkReplayDecodes(b *testing.B) {
	const rows, page = 1_000_000, 20_000
	columns := []format.Column{
		{Name: "id", Type: schema.MustParseType("UInt64")}, {Name: "at", Type: schema.MustParseType("DateTime64(3, 'UTC')")},
		{Name: "price", Type: schema.MustParseType("Decimal(18, 4)")}, {Name: "country", Type: schema.MustParseType("LowCardinality(String)")},
		{Name: "note", Type: schema.MustParseType("Nullable(String)")}, {Name: "n", Type: schema.MustParseType("UInt16")},
	}
	const header = "id,at,price,country,note,n"
	for _, file := range []struct{ format, row, fields, delimiter string }{
		{"csv", `%d,2024-05-01 08:00:00.%03d,%d.25,NZ,"a note, of some length, as people write them",%d`, header, ","},
		{"ndjson", `{"id":%d,"at":"2024-05-01 08:00:00.%03d","price":%d.25,"country":"NZ","note":"a note, of some length, as people write them","n":%d}`, "", ""},
	} {
		quarantined := make([]clickhouse.QuarantineRow, rows)
		var text bytes.Buffer
		if file.fields != "" {
			text.WriteString(file.fields + "\n")
		}
		for i := range quarantined {
			n := i % 60_000
			if i%100 == 99 {
				n = 70_000
			}
			raw := fmt.Appendf(nil, file.row, i, i%1000, i, n)
			quarantined[i] = clickhouse.QuarantineRow{Raw: raw, Format: file.format, Fields: file.fields, Delimiter: file.delimiter}
			text.Write(append(raw, '\n'))
		}
		run := func(name string, once func() (accepted int)) {
			b.Run(file.format+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(text.Len()))
				before := cpuSeconds(b)
				for b.Loop() {
					if got, want := once(), rows-rows/100; got != want {
						b.Fatalf("got %d rows, want %d", got, want)
					}
				}
				b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
				b.ReportMetric((cpuSeconds(b)-before)*1e9/float64(rows)/float64(b.N), "cpu-ns/row")
			})
		}
		run("file", func() int { return decodeFile(b, file.format, text.Bytes(), columns) })
		for name, size := range map[string]int{"pages": page, "rows": 1} {
			run(name, func() (accepted int) {
				for at := 0; at < rows; at += size {
					n, err := ingest.TryAgain(b.Context(), formats.Reader, columns, quarantined[at:at+size])
					if err != nil {
						b.Fatal(err)
					}
					accepted += n
				}
				return accepted
			})
		}
	}
}

// decodeFile decodes rows as an ingest does, and returns how many fit.
func decodeFile(b *testing.B, name string, text []byte, columns []format.Column) (accepted int) {
	b.Helper()
	reader, err := formats.Reader(name)
	if err != nil {
		b.Fatal(err)
	}
	d, err := reader.Decoder(b.Context(), format.Input{Name: "file", Stream: bytes.NewReader(text)}, columns, format.ReadOptions{BlockBytes: 16 << 20})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	var rows block.Block
	for {
		_, err := d.Next(&rows, 1<<18)
		if err == io.EOF {
			return accepted
		}
		if err != nil {
			b.Fatal(err)
		}
		accepted += rows.Rows()
	}
}

// cpuSeconds is what the process has used so far, user and system.
func cpuSeconds(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(u.Utime) + seconds(u.Stime)
}
