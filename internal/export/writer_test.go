package export

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/compress"
	formats "github.com/longshore/longshore/pkg/format/all"
)

// One batch of wide rows, however large, becomes chunks of no more than their
// buffers hold.
func TestChunksStaySmall(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "note", Type: arrow.BinaryTypes.String}}, nil)
	for _, width := range []int{1, 1000, 100_000} {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		note := strings.Repeat("x", width)
		for range max(1, (32<<20)/width) {
			b.Field(0).(*array.StringBuilder).Append(note)
		}
		rec := b.NewRecord()
		b.Release()
		csv, err := formats.Writer("csv")
		if err != nil {
			t.Fatal(err)
		}
		o := &outputs{ctx: t.Context(), schema: schema, job: &job{format: csv, codec: compress.None}}
		w := &writer{out: o, sink: &sink{out: o}, ctx: t.Context(), chunks: make(chan chunk)}
		w.bound()
		var sizes []int
		done := make(chan struct{})
		go func() {
			defer close(done)
			for c := range w.chunks {
				sizes = append(sizes, cap(c.data))
				w.free <- w.reusable(c.data)
			}
		}()
		if err := w.write(rec); err != nil {
			t.Fatal(err)
		}
		close(w.chunks)
		<-done
		rec.Release()
		if len(sizes) < (32<<20)/w.buffers.size {
			t.Errorf("rows of %d bytes: got %d chunks", width, len(sizes))
		}
		for _, size := range sizes {
			if size > w.buffers.size {
				t.Errorf("rows of %d bytes: got a chunk of %d bytes, want %d at most", width, size, w.buffers.size)
			}
		}
	}
}
