package export

import (
	"bytes"
	"encoding/binary"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/longshore/longshore/pkg/fault"
)

// encodeSchema returns a schema as an Arrow IPC stream.
func encodeSchema(s *arrow.Schema) ([]byte, error) {
	var buf bytes.Buffer
	if err := ipc.NewWriter(&buf, ipc.WithSchema(s)).Close(); err != nil {
		return nil, fault.New(fault.Invalid, "encode a schema: %w", err)
	}
	return buf.Bytes(), nil
}

// decodeSchema is the inverse of encodeSchema.
func decodeSchema(stream []byte) (*arrow.Schema, error) {
	if !boundedSchema(stream) {
		return nil, fault.New(fault.Invalid, "read a schema: the record is damaged")
	}
	r, err := ipc.NewReader(bytes.NewReader(stream))
	if err != nil {
		return nil, fault.New(fault.Invalid, "read a schema: %w", err)
	}
	defer r.Release()
	return r.Schema(), nil
}

// boundedSchema reports whether no size in a stream is larger than the stream.
// Arrow's reader takes memory by each before it looks for what it is of, and a
// process that is refused memory ends (FuzzSchema).
//
// A stream is a token, the length of a message, and the message, a flatbuffer:
//
//	Message{…, header: 2 → Schema{…, fields: 1 → [Field], metadata: 2 → [pair]}, body length: 3}
//	Field{…, type: 2 byte, …, children: 5 → [Field], metadata: 6 → [pair]}
func boundedSchema(stream []byte) (bounded bool) {
	const token, head = 0xFFFFFFFF, 8
	if len(stream) < head || binary.LittleEndian.Uint32(stream) != token {
		return false
	}
	size := binary.LittleEndian.Uint32(stream[4:])
	if uint64(size) > uint64(len(stream)-head) {
		return false
	}
	defer func() {
		if recover() != nil { // a place outside of the message
			bounded = false
		}
	}()
	b := flatbuffer{bytes: stream[head : head+int(size)]}
	b.left = len(b.bytes)
	message := b.follow(0)
	if at, ok := b.field(message, 3); ok && binary.LittleEndian.Uint64(b.bytes[at:]) != 0 {
		return false
	}
	at, ok := b.field(message, 2)
	return ok && b.fieldsFit(b.follow(at), 1, 2, 0)
}

// flatbuffer is a message of tables. A place is an offset in its bytes; to look
// outside of them panics.
type flatbuffer struct {
	bytes []byte
	left  int // elements of vectors that it can still hold
}

// follow returns the place to which an offset leads.
func (b *flatbuffer) follow(at int) int { return at + int(binary.LittleEndian.Uint32(b.bytes[at:])) }

// field returns the place of a table's field, by its number.
func (b *flatbuffer) field(table, number int) (at int, ok bool) {
	slots := table - int(int32(binary.LittleEndian.Uint32(b.bytes[table:])))
	slot := 4 + 2*number
	if slot >= int(binary.LittleEndian.Uint16(b.bytes[slots:])) {
		return 0, false
	}
	offset := int(binary.LittleEndian.Uint16(b.bytes[slots+slot:]))
	return table + offset, offset != 0
}

// vector returns the places of a vector's tables, and whether so many fit.
func (b *flatbuffer) vector(table, number int) (tables []int, fits bool) {
	at, ok := b.field(table, number)
	if !ok {
		return nil, true
	}
	at = b.follow(at)
	n := int(binary.LittleEndian.Uint32(b.bytes[at:]))
	if b.left -= 4 * n; b.left < 0 {
		return nil, false
	}
	for i := range n {
		tables = append(tables, b.follow(at+4+4*i))
	}
	return tables, true
}

// fieldsFit looks through the vectors of fields and metadata of a table, and of
// what is below it.
func (b *flatbuffer) fieldsFit(table, fields, metadata, depth int) bool {
	const deepest, union = 64, 14 // a union has vectors of its own, and isn't written
	below, fits := b.vector(table, fields)
	if _, alsoFits := b.vector(table, metadata); !fits || !alsoFits || depth > deepest {
		return false
	}
	for _, field := range below {
		if at, ok := b.field(field, 2); ok && b.bytes[at] == union || !b.fieldsFit(field, 5, 6, depth+1) {
			return false
		}
	}
	return true
}
