package parquet

import (
	"bytes"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

// TestBigValues has values longer than a page, and lists longer than a stretch.
func TestBigValues(t *testing.T) {
	s := arrow.NewSchema([]arrow.Field{
		{Name: "text", Type: arrow.BinaryTypes.String},
		{Name: "list", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64), Nullable: true},
		{Name: "texts", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	for i := range 12 {
		b.Field(0).(*array.StringBuilder).Append(strings.Repeat(string(rune('a'+i)), i%3*1_500_000))
		list, texts := b.Field(1).(*array.ListBuilder), b.Field(2).(*array.ListBuilder)
		list.Append(true)
		texts.Append(true)
		for j := range i * 20_000 {
			list.ValueBuilder().(*array.Int64Builder).Append(int64(j))
			if j%100 == 0 {
				texts.ValueBuilder().(*array.StringBuilder).Append(strings.Repeat("t", j%3000))
			}
		}
	}
	rec := b.NewRecord()
	object := objectOf(t, s, format.WriteOptions{}, []arrow.Record{rec})
	compare(t, s, arrowTexts(t, object), recordTexts(rec))
	columns, want := tableOf(t, rec)
	blocks, rejects, _ := readAll(t, object, columns, format.ReadOptions{BlockBytes: 1 << 30}, 100)
	if len(rejects) > 0 || len(blocks) != 1 || !bytes.Equal(blocks[0], want) {
		t.Fatalf("got other values than were written, in %d blocks", len(blocks))
	}
}

// TestRowGroupBytes: a row group ends at its size, so no more than that is held.
func TestRowGroupBytes(t *testing.T) {
	const limit = 1 << 20
	enc, err := Format{}.Encoder(shopSchema, format.WriteOptions{Compression: "none", RowGroupBytes: limit})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		if _, err := enc.Encode(nil, shopBatch(int64(i*1000), 1000)); err != nil {
			t.Fatal(err)
		}
	}
	_, m, err := enc.Flush(nil)
	if err != nil {
		t.Fatal(err)
	}
	footer, err := meta.ReadFooter(m)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range footer.RowGroups {
		if g.Compressed > limit*3/2 || i < len(footer.RowGroups)-1 && g.Compressed < limit/2 {
			t.Errorf("row group %d of %d: got %d bytes, want about %d", i, len(footer.RowGroups), g.Compressed, limit)
		}
	}
}
