package export

import (
	"bytes"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/batch/batchtest"
	"github.com/longshore/longshore/pkg/fault"
)

// FuzzSchema has what a plan's record might hold instead of a schema.
func FuzzSchema(f *testing.F) {
	for _, schema := range []*arrow.Schema{batchtest.ShopSchema, batchtest.Schema()} {
		stream, err := encodeSchema(schema)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(stream)
		f.Add(stream[:len(stream)/2])
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		schema, err := decodeSchema(stream)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("got %v, want an Invalid error", err)
			}
			return
		}
		_ = fields(schema)
	})
}

func TestSchemasReturn(t *testing.T) {
	for _, want := range []*arrow.Schema{batchtest.ShopSchema, batchtest.Schema()} {
		stream, err := encodeSchema(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeSchema(stream)
		if err != nil || !got.Equal(want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
		for cut := range stream {
			if got, err := decodeSchema(bytes.Clone(stream[:cut])); err == nil && !got.Equal(want) {
				t.Fatalf("cut at %d of %d: got %v", cut, len(stream), got)
			}
		}
	}
}
