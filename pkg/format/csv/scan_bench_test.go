package csv

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/format"
)

// BenchmarkScan is to be ahead of BenchmarkDecode: what is scanned is read twice.
func BenchmarkScan(b *testing.B) {
	files := map[string][]byte{
		"orders": shopFile(100_000), // a third of the fields are quoted, with doubled quotes
		"plain":  []byte(strings.Repeat("1234567,2024-02-29 12:34:56,new,some text of a row,12.25\n", 500_000)),
		"quoted": []byte(strings.Repeat("\"1234567\",\"2024-02-29 12:34:56\",\"new\",\"some text\nof a row\",\"12.25\"\n", 400_000)),
	}
	for name, file := range files {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				marks, err := Format{}.Scan(context.Background(), format.Input{Stream: bytes.NewReader(file)},
					format.ReadOptions{MaxRowBytes: defaultMaxRow, CSV: format.CSVReadOptions{Delimiter: ',', Quote: '"'}},
					format.Stretch{Sure: true, First: 64, Ends: []int64{int64(len(file))}})
				if err != nil || marks[len(marks)-1].Offset != int64(len(file)) {
					b.Fatal(marks, err)
				}
			}
		})
	}
}
