package json_test

import (
	stdjson "encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/formattest"
	"github.com/longshore/longshore/pkg/format/json"
)

func TestWriter(t *testing.T) {
	formattest.Write(t, formattest.Writing{Writer: json.Format{}, Rows: rows, Golden: "testdata/write"})
}

// rows reads the array with encoding/json and wants each row on its own line.
func rows(file []byte, schema *arrow.Schema, _ format.WriteOptions) ([]string, error) {
	var objects []stdjson.RawMessage
	if err := stdjson.Unmarshal(file, &objects); err != nil {
		return nil, err
	}
	var out []string
	for i, object := range objects {
		row, err := formattest.DecodeObject(object, schema)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
		out = append(out, row)
	}
	if got, want := strings.Count(string(file), "\n"), 2+len(out); got != want {
		return nil, fmt.Errorf("%d rows take %d lines, want %d", len(out), got, want)
	}
	return out, nil
}

func TestEmptyArray(t *testing.T) {
	f, err := json.Format{}.Frame(batchtest.ShopSchema, format.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	end, err := f.Closing(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(f.Opening())+string(end), "[\n]\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func BenchmarkEncode(b *testing.B) {
	formattest.BenchmarkEncode(b, json.Format{}, batchtest.Shop(memory.DefaultAllocator, 1, 8192))
}
