package formattest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/format"
)

// Strings returns a batch of one string column.
func Strings(name string, values ...string) arrow.Record {
	schema := arrow.NewSchema([]arrow.Field{{Name: name, Type: arrow.BinaryTypes.String}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for _, v := range values {
		b.Field(0).(*array.StringBuilder).Append(v)
	}
	return b.NewRecord()
}

// DecodeObject reads a JSON object with encoding/json, checks that its members
// are the schema's columns in their order, and returns their values with keys
// sorted and numbers digit for digit.
func DecodeObject(data []byte, schema *arrow.Schema) (string, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := expect(d, json.Delim('{')); err != nil {
		return "", err
	}
	var values []any
	for _, field := range schema.Fields() {
		if err := expect(d, field.Name); err != nil {
			return "", err
		}
		var v any
		if err := d.Decode(&v); err != nil {
			return "", fmt.Errorf("column %q: %w", field.Name, err)
		}
		values = append(values, v)
	}
	if err := expect(d, json.Delim('}')); err != nil {
		return "", err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("more behind the object: %w", err)
	}
	out, err := json.Marshal(values)
	return string(out), err
}

func expect(d *json.Decoder, want json.Token) error {
	got, err := d.Token()
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	return nil
}

// BenchmarkEncode measures how fast batches are encoded, in rows per second.
func BenchmarkEncode(b *testing.B, w format.Writer, rec arrow.Record) {
	e, err := w.Encoder(rec.Schema(), format.WriteOptions{})
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		if buf, err = e.Encode(buf[:0], rec); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(buf)))
	b.ReportMetric(float64(rec.NumRows())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
