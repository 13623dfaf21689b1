package ndjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/formattest"
	"github.com/longshore/longshore/pkg/format/ndjson"
)

func TestWriter(t *testing.T) {
	formattest.Write(t, formattest.Writing{Writer: ndjson.Format{}, Rows: rows, Golden: "testdata/write"})
}

// rows reads lines with encoding/json, numbers as their digits.
func rows(file []byte, schema *arrow.Schema, _ format.WriteOptions) ([]string, error) {
	var out []string
	for len(file) > 0 {
		line, rest, ended := bytes.Cut(file, []byte("\n"))
		if !ended {
			return nil, fmt.Errorf("row %d has no line feed", len(out))
		}
		file = rest
		row, err := formattest.DecodeObject(line, schema)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", len(out), err)
		}
		out = append(out, row)
	}
	return out, nil
}

// FuzzWrite holds that encoding/json reads a string as it was, with U+FFFD for
// what isn't UTF-8.
func FuzzWrite(f *testing.F) {
	for _, s := range batchtest.Texts {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		rec := formattest.Strings(name, value)
		e, err := ndjson.Format{}.Encoder(rec.Schema(), format.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		out, err := e.Encode(nil, rec)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(out))
		var got map[string]string
		if err := d.Decode(&got); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		if want := string([]rune(value)); len(got) != 1 || got[string([]rune(name))] != want {
			t.Fatalf("got %q, want %q under %q", got, want, name)
		}
		if err := d.Decode(&got); !errors.Is(err, io.EOF) || bytes.Count(out, []byte("\n")) != 1 {
			t.Fatalf("%q isn't one line of one object", out)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	formattest.BenchmarkEncode(b, ndjson.Format{}, batchtest.Shop(memory.DefaultAllocator, 1, 8192))
}

// BenchmarkStandardLibrary is BenchmarkEncode by encoding/json, from maps that
// cost nothing to make.
func BenchmarkStandardLibrary(b *testing.B) {
	rec := batchtest.Shop(memory.DefaultAllocator, 1, 8192)
	d := json.NewDecoder(bytes.NewReader(encode(b, rec)))
	var records []map[string]any
	for d.More() {
		var record map[string]any
		if err := d.Decode(&record); err != nil {
			b.Fatal(err)
		}
		records = append(records, record)
	}
	var buf bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		buf.Reset()
		e := json.NewEncoder(&buf)
		for _, record := range records {
			if err := e.Encode(record); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.SetBytes(int64(buf.Len()))
	b.ReportMetric(float64(len(records))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
