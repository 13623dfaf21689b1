package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/fault"
)

// field is where a value lies in the read buffer. A length below zero is null.
type field struct{ at, n int32 }

// column decodes the values of one column into the buffers of a batch.
type column interface {
	// append decodes one value from each of at[0], at[stride], at[2*stride] …
	append(src []byte, at []field, stride int) *valueError
	// size is how many bytes the batch has so far, roughly.
	size() int
	// finish returns the batch's data, which the caller releases, and begins the
	// next batch.
	finish() arrow.ArrayData
	// drop frees the buffers of a batch that nobody will want.
	drop()
}

// valueError is a value that its column can't hold.
type valueError struct {
	row    int // of those given to append
	kind   fault.Kind
	text   string
	remedy string // with %s for the column's quoted name
}

func wrongLength(row int, f field) *valueError {
	return &valueError{row: row, kind: fault.Unknown, text: fmt.Sprintf("holds a value of %d bytes, which its type never has", f.n)}
}

// count is how many fields append is given.
func count(at []field, stride int) int { return (len(at) + stride - 1) / stride }

// validity is the part that all columns share: length and nulls.
type validity struct {
	mem   memory.Allocator
	n     int // values in the batch
	nulls int
	bits  *memory.Buffer // allocated at the first null of a batch; one bit per value, valid up to n when set
}

// null marks the value at i (of the batch) as null. Values are marked in order.
func (v *validity) null(i int) {
	if v.bits == nil {
		v.bits = memory.NewResizableBuffer(v.mem)
		v.bits.ResizeNoShrink((max(i, 1<<13-1) + 8) / 8)
		fill(v.bits.Bytes())
	}
	if need := i/8 + 1; need > v.bits.Len() {
		had := v.bits.Len()
		v.bits.ResizeNoShrink(2 * need)
		fill(v.bits.Bytes()[had:])
	}
	v.bits.Bytes()[i/8] &^= 1 << (i % 8)
	v.nulls++
}

// take hands over the bitmap, nil where there are no nulls, and begins anew.
func (v *validity) take() (bits *memory.Buffer, n, nulls int) {
	bits, n, nulls = v.bits, v.n, v.nulls
	if bits != nil {
		had := bits.Len()
		bits.ResizeNoShrink((n + 7) / 8)
		if bits.Len() > had {
			fill(bits.Bytes()[had:])
		}
	}
	v.bits, v.n, v.nulls = nil, 0, 0
	return bits, n, nulls
}

func fill(b []byte) {
	for i := range b {
		b[i] = 0xff
	}
}

// growing is a buffer that a column writes a batch into.
type growing struct {
	mem memory.Allocator
	buf *memory.Buffer
}

// room returns the buffer's first n bytes, for reading and writing.
func (g *growing) room(n int) []byte {
	if g.buf == nil {
		g.buf = memory.NewResizableBuffer(g.mem)
	}
	if n > g.buf.Cap() {
		g.buf.Reserve(1 << bits.Len(uint(n-1))) // what the recycler would round it up to
	}
	g.buf.ResizeNoShrink(n)
	return g.buf.Bytes()
}

// take hands over the buffer, cut to n bytes.
func (g *growing) take(n int) *memory.Buffer {
	g.room(n)
	buf := g.buf
	g.buf = nil
	return buf
}

// newData puts a batch's buffers into Arrow's wrapping, which owns them then.
func newData(t arrow.DataType, n, nulls int, bits *memory.Buffer, rest ...*memory.Buffer) arrow.ArrayData {
	buffers := append(make([]*memory.Buffer, 0, 3), bits)
	buffers = append(buffers, rest...)
	data := array.NewData(t, n, buffers, nil, nulls, 0)
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	return data
}

func get16(src []byte, f field) uint16 { return binary.BigEndian.Uint16(src[f.at:]) }
func get32(src []byte, f field) uint32 { return binary.BigEndian.Uint32(src[f.at:]) }
func get64(src []byte, f field) uint64 { return binary.BigEndian.Uint64(src[f.at:]) }

// maxBatchBytes is at which size a batch is handed out before it has all its
// rows, so that wide rows don't fill the memory and 32-bit offsets suffice. With
// what one read brings, the buffer of a single wide column has 4 MiB.
const maxBatchBytes = 4<<20 - readBuffer

// maxOffset is the largest offset of Arrow's strings and lists.
const maxOffset = math.MaxInt32
