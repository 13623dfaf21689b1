package meta

import (
	"encoding/binary"
	"errors"
	"math"
)

var (
	errShort = errors.New("metadata ends early")
	errWrong = errors.New("metadata is malformed")
	errDeep  = errors.New("metadata is nested too deeply")
)

const maxDepth = 32 // of structs in structs; Parquet's own nest to 8

// decoder reads Thrift's compact protocol. The first error stays and turns all
// later reads into zero values, so callers look at it once per struct.
type decoder struct {
	b     []byte
	pos   int
	depth int
	err   error
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
		d.pos = len(d.b)
	}
}

func (d *decoder) byte() byte {
	if d.pos >= len(d.b) {
		d.fail(errShort)
		return 0
	}
	d.pos++
	return d.b[d.pos-1]
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b[d.pos:])
	if n <= 0 {
		d.fail(errOf(n))
		return 0
	}
	d.pos += n
	return v
}

func (d *decoder) i64() int64 {
	v, n := binary.Varint(d.b[d.pos:])
	if n <= 0 {
		d.fail(errOf(n))
		return 0
	}
	d.pos += n
	return v
}

func errOf(n int) error {
	if n == 0 {
		return errShort
	}
	return errWrong
}

func (d *decoder) i32() int32 {
	v := d.i64()
	if v < math.MinInt32 || v > math.MaxInt32 {
		d.fail(errWrong)
		return 0
	}
	return int32(v)
}

// i8 reads a number of one of the small enumerations. One that doesn't fit is -1,
// which none of them has.
func (d *decoder) i8() int8 {
	v := d.i32()
	if v < 0 || v > math.MaxInt8 {
		return -1
	}
	return int8(v)
}

// bytes returns a slice of the input.
func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.b)-d.pos) {
		d.fail(errShort)
		return nil
	}
	d.pos += int(n)
	return d.b[d.pos-int(n) : d.pos : d.pos]
}

func (d *decoder) text() string { return string(d.bytes()) }

// list reads a list's head. Every element takes a byte at least, so a count that
// the input can't hold is an error before anything is allocated for it.
func (d *decoder) list() (elem byte, n int) {
	head := d.byte()
	count := uint64(head >> 4)
	if count == 15 {
		count = d.uvarint()
	}
	if count > uint64(len(d.b)-d.pos) {
		d.fail(errShort)
		return 0, 0
	}
	return head & 0xF, int(count)
}

// listOf is list for elements of one type; another type is an error.
func (d *decoder) listOf(want byte) int {
	elem, n := d.list()
	if n > 0 && elem != want {
		d.fail(errWrong)
		return 0
	}
	return n
}

// enter and leave surround a struct.
func (d *decoder) enter() {
	if d.depth++; d.depth > maxDepth {
		d.fail(errDeep)
	}
}

func (d *decoder) leave() { d.depth-- }

// next reads a field's header. last is the id before it; ok is false at the
// struct's end or after an error.
func (d *decoder) next(last *int16) (id int16, typ byte, ok bool) {
	head := d.byte()
	typ = head & 0xF
	if d.err != nil || typ == typeStop {
		return 0, 0, false
	}
	if delta := int16(head >> 4); delta != 0 {
		id = *last + delta
	} else {
		id = int16(d.i32())
	}
	*last = id
	return id, typ, d.err == nil
}

// skip passes over a field's value.
func (d *decoder) skip(typ byte) {
	switch typ {
	case typeTrue, typeFalse: // the value is the type
	case typeI8:
		d.byte()
	case typeI16, typeI32, typeI64:
		d.i64()
	case typeDouble:
		d.drop(8)
	case typeUUID:
		d.drop(16)
	case typeBinary:
		d.bytes()
	case typeList, typeSet:
		d.skipList()
	case typeMap:
		d.skipMap()
	case typeStruct:
		d.enter()
		var last int16
		for {
			_, inner, ok := d.next(&last)
			if !ok {
				break
			}
			d.skip(inner)
		}
		d.leave()
	default:
		d.fail(errWrong)
	}
}

func (d *decoder) drop(n int) {
	if n > len(d.b)-d.pos {
		d.fail(errShort)
		return
	}
	d.pos += n
}

func (d *decoder) skipList() {
	d.enter()
	elem, n := d.list()
	for range n {
		if d.err != nil {
			break
		}
		d.skipElement(elem)
	}
	d.leave()
}

func (d *decoder) skipMap() {
	d.enter()
	defer d.leave()
	n := d.uvarint()
	if n == 0 || d.err != nil {
		return
	}
	kinds := d.byte()
	if n > uint64(len(d.b)-d.pos) {
		d.fail(errShort)
		return
	}
	for range n {
		if d.err != nil {
			return
		}
		d.skipElement(kinds >> 4)
		d.skipElement(kinds & 0xF)
	}
}

// skipElement passes over an element; unlike a field, a boolean has a byte.
func (d *decoder) skipElement(typ byte) {
	if typ == typeTrue || typ == typeFalse {
		d.byte()
		return
	}
	d.skip(typ)
}
