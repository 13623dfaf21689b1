package meta

import "encoding/binary"

// The compact protocol's types.
const (
	typeStop   = 0
	typeTrue   = 1
	typeFalse  = 2
	typeI8     = 3
	typeI16    = 4
	typeI32    = 5
	typeI64    = 6
	typeDouble = 7
	typeBinary = 8
	typeList   = 9
	typeSet    = 10
	typeMap    = 11
	typeStruct = 12
	typeUUID   = 13
)

// encoder appends Thrift's compact protocol to b.
type encoder struct {
	b    []byte
	last int16 // id of the last field of the open struct
}

func (e *encoder) uvarint(v uint64) { e.b = binary.AppendUvarint(e.b, v) }
func (e *encoder) varint(v int64)   { e.b = binary.AppendVarint(e.b, v) }

func (e *encoder) field(id int16, typ byte) {
	if d := id - e.last; d > 0 && d <= 15 {
		e.b = append(e.b, byte(d)<<4|typ)
	} else {
		e.b = append(e.b, typ)
		e.varint(int64(id))
	}
	e.last = id
}

func (e *encoder) bool(id int16, v bool) {
	if v {
		e.field(id, typeTrue)
	} else {
		e.field(id, typeFalse)
	}
}

func (e *encoder) i8(id int16, v int8) {
	e.field(id, typeI8)
	e.b = append(e.b, byte(v))
}

func (e *encoder) i16(id int16, v int16) {
	e.field(id, typeI16)
	e.varint(int64(v))
}

func (e *encoder) i32(id int16, v int32) {
	e.field(id, typeI32)
	e.varint(int64(v))
}

func (e *encoder) i64(id int16, v int64) {
	e.field(id, typeI64)
	e.varint(v)
}

func (e *encoder) bytes(id int16, v []byte) {
	e.field(id, typeBinary)
	e.uvarint(uint64(len(v)))
	e.b = append(e.b, v...)
}

func (e *encoder) text(id int16, v string) {
	e.field(id, typeBinary)
	e.uvarint(uint64(len(v)))
	e.b = append(e.b, v...)
}

// list begins a list of n elements, which follow without field headers.
func (e *encoder) list(id int16, elem byte, n int) {
	e.field(id, typeList)
	if n < 15 {
		e.b = append(e.b, byte(n)<<4|elem)
		return
	}
	e.b = append(e.b, 0xF0|elem)
	e.uvarint(uint64(n))
}

// open begins a struct in a field, item one in a list. What they return goes to close.
func (e *encoder) open(id int16) (outer int16) {
	e.field(id, typeStruct)
	outer, e.last = e.last, 0
	return outer
}

func (e *encoder) item() (outer int16) {
	outer, e.last = e.last, 0
	return outer
}

func (e *encoder) close(outer int16) {
	e.stop()
	e.last = outer
}

// empty writes a struct without fields, as unions have them for members.
func (e *encoder) empty(id int16) { e.close(e.open(id)) }

func (e *encoder) stop() { e.b = append(e.b, typeStop) }
