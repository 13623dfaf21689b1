package clickhouse

import (
	"encoding/binary"
	"math"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/fault"
)

// column decodes the columns of one type. It keeps nothing between blocks.
type column interface {
	// state reads what comes before the values of all columns of a block.
	state(r *proto.Reader) error
	// decode reads n values.
	decode(r *proto.Reader, n int) (arrow.ArrayData, error)
}

// stateless is the part of most columns that has nothing before their values.
type stateless struct{}

func (stateless) state(*proto.Reader) error { return nil }

// maxValues bounds the values of a nested column, whose number a broken stream
// could claim to be anything.
const maxValues = math.MaxInt32

var errTooLarge = fault.WithRemedy(fault.New(fault.Invalid, "a block holds more than 2 GiB in one column"),
	"add SETTINGS max_block_size = 1000 to the model")

func newData(t arrow.DataType, n int, buffers ...[]byte) arrow.ArrayData {
	wrapped := make([]*memory.Buffer, len(buffers)+1) // the first is the nulls
	for i, b := range buffers {
		wrapped[i+1] = memory.NewBufferBytes(b)
	}
	return array.NewData(t, n, wrapped, nil, 0, 0)
}

// readAhead is how much memory a number in the stream gets on trust, in bytes.
const readAhead = 16 << 20

// readBytes reads n values of the given width as they are.
func readBytes(r *proto.Reader, n, width int) ([]byte, error) {
	if n > maxValues {
		return nil, errTooLarge
	}
	b := make([]byte, min(n*width, readAhead))
	for read := 0; read < n*width; read = len(b) {
		if read > 0 {
			b = append(b, make([]byte, min(len(b), n*width-read))...) //nolint:makezero // it is full up to here
		}
		if err := r.ReadFull(b[read:]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// fixed is values of one width that become values of one width.
type fixed struct {
	stateless
	t       arrow.DataType
	in, out int                   // bytes
	convert func(dst, src []byte) // nil where the bytes are the same
}

func raw(t arrow.DataType) column {
	width := t.(arrow.FixedWidthDataType).BitWidth() / 8
	return &fixed{t: t, in: width, out: width}
}

func (c *fixed) decode(r *proto.Reader, n int) (arrow.ArrayData, error) {
	src, err := readBytes(r, n, c.in)
	if err != nil {
		return nil, err
	}
	if c.convert == nil {
		return newData(c.t, n, src), nil
	}
	dst := make([]byte, n*c.out)
	for i := range n {
		c.convert(dst[i*c.out:(i+1)*c.out], src[i*c.in:(i+1)*c.in])
	}
	return newData(c.t, n, dst), nil
}

func convertDate(dst, src []byte) {
	binary.LittleEndian.PutUint32(dst, uint32(binary.LittleEndian.Uint16(src)))
}

func convertDateTime(dst, src []byte) {
	binary.LittleEndian.PutUint64(dst, uint64(binary.LittleEndian.Uint32(src))*1_000_000)
}

// convertUUID turns two little-endian words into sixteen bytes, the most
// significant first.
func convertUUID(dst, src []byte) {
	binary.BigEndian.PutUint64(dst, binary.LittleEndian.Uint64(src))
	binary.BigEndian.PutUint64(dst[8:], binary.LittleEndian.Uint64(src[8:]))
}

func multiply(factor int64) func(dst, src []byte) {
	if factor == 1 {
		return nil
	}
	return func(dst, src []byte) {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)*uint64(factor))
	}
}

// widen extends a little-endian number.
func widen(signed bool) func(dst, src []byte) {
	return func(dst, src []byte) {
		rest := dst[copy(dst, src):]
		if signed && src[len(src)-1] >= 0x80 {
			for i := range rest {
				rest[i] = 0xff
			}
		}
	}
}

// bools is Bool: a byte there, a bit here.
type bools struct{ stateless }

func (bools) decode(r *proto.Reader, n int) (arrow.ArrayData, error) {
	src, err := readBytes(r, n, 1)
	if err != nil {
		return nil, err
	}
	bits := make([]byte, (n+7)/8)
	for i, b := range src {
		if b != 0 {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return newData(arrow.FixedWidthTypes.Boolean, n, bits), nil
}

// nothing is the type of a bare NULL: a byte for each value.
type nothing struct{ stateless }

func (nothing) decode(r *proto.Reader, n int) (arrow.ArrayData, error) {
	if _, err := readBytes(r, n, 1); err != nil {
		return nil, err
	}
	return newData(utf8Type, n, make([]byte, 4*(n+1)), nil), nil
}

// nullable is a byte for each value, which is not zero for null, and then the
// values, which for nulls are anything.
type nullable struct{ column }

func (c *nullable) decode(r *proto.Reader, n int) (arrow.ArrayData, error) {
	mask, err := readBytes(r, n, 1)
	if err != nil {
		return nil, err
	}
	data, err := c.column.decode(r, n)
	if err != nil {
		return nil, err
	}
	return withNulls(data, mask), nil
}

func withNulls(data arrow.ArrayData, mask []byte) arrow.ArrayData {
	bits, nulls := make([]byte, (len(mask)+7)/8), 0
	for i, null := range mask {
		if null != 0 {
			nulls++
		} else {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	if nulls == 0 {
		return data
	}
	buffers := append([]*memory.Buffer{memory.NewBufferBytes(bits)}, data.Buffers()[1:]...)
	return array.NewData(data.DataType(), len(mask), buffers, data.Children(), nulls, 0)
}
