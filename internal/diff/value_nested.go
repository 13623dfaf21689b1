package diff

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// structForm writes a tuple of the fields in their order.
func structForm(t *arrow.StructType) (*valueForm, error) {
	out := &valueForm{}
	var forms []*valueForm
	var kinds []string
	fields := make([]arrow.Field, t.NumFields())
	for i, field := range t.Fields() {
		f, err := newValueForm(field)
		if err != nil {
			return nil, err
		}
		forms = append(forms, f)
		kinds = append(kinds, fmt.Sprintf("%q %s", field.Name, f.kind))
		fields[i] = arrow.Field{Name: field.Name, Type: f.storage, Nullable: true}
		out.width += f.width
	}
	out.kind = "struct<" + strings.Join(kinds, ", ") + ">"
	out.storage = arrow.StructOf(fields...)
	out.newWriter = func() valueWriter {
		w := &structWriter{fields: make([]valueCell, len(forms))}
		for i, f := range forms {
			w.fields[i] = newValueCell(f)
		}
		return w
	}
	out.scan = func(src []byte) (int, bool) { return scanTuple(src, forms) }
	out.newReader = func(rows *RowBuilder, to array.Builder) valueReader {
		b := to.(*array.StructBuilder)
		readers, builders := make([]valueReader, len(forms)), make([]array.Builder, len(forms))
		for i, f := range forms {
			builders[i] = b.FieldBuilder(i)
			readers[i] = f.newReader(rows, builders[i])
		}
		return func(src []byte) int {
			b.Append(true)
			return readTuple(src, readers, builders)
		}
	}
	return out, nil
}

type structWriter struct{ fields []valueCell }

func (w *structWriter) bind(arr arrow.Array) {
	s := arr.(*array.Struct)
	for i := range w.fields {
		w.fields[i].bind(s.Field(i))
	}
}

func (w *structWriter) append(dst []byte, i int) []byte { return appendTuple(dst, w.fields, i) }

// mapForm writes the list of the map's entries, in their order: structs of key
// and value. Neither an entry nor its key is ever null: Arrow has no such maps.
func mapForm(t *arrow.MapType) (*valueForm, error) {
	entries, err := newValueForm(t.ElemField())
	if err != nil {
		return nil, err
	}
	scanEntry := entries.scan
	entries.scan = func(src []byte) (int, bool) {
		if len(src) > 0 && src[0]&1 != 0 { // the key
			return -1, false
		}
		return scanEntry(src)
	}
	key, _ := newValueForm(t.KeyField())
	item, _ := newValueForm(t.ItemField())
	out := elementsForm(entries, -1)
	out.kind = fmt.Sprintf("map<%s, %s>", key.kind, item.kind)
	out.storage = arrow.ListOf(entries.storage)
	scan := out.scan
	out.scan = func(src []byte) (n int, fits bool) {
		if n, fits = scan(src); n >= 0 && anyNull(src) {
			return -1, false
		}
		return n, fits
	}
	return out, nil
}

// anyNull reports whether a scanned list has an element that is null.
func anyNull(src []byte) bool {
	count, n := binary.Uvarint(src)
	for _, b := range src[n : n+bitmapLen(int(count))] {
		if b != 0 {
			return true
		}
	}
	return false
}

// listForm writes the number of elements as a varint, unless it is fixed, and
// the elements. A negative fixed is none.
func listForm(element arrow.Field, fixed int, listOf func(arrow.DataType) arrow.DataType) (*valueForm, error) {
	f, err := newValueForm(element)
	if err != nil {
		return nil, err
	}
	out := elementsForm(f, fixed)
	out.kind = "list<" + f.kind + ">"
	if fixed >= 0 {
		out.kind = fmt.Sprintf("list[%d]<%s>", fixed, f.kind)
	}
	out.storage = listOf(f.storage)
	return out, nil
}

// elementsForm is the form of lists and maps, without its kind and storage.
func elementsForm(element *valueForm, fixed int) *valueForm {
	width := 4
	if fixed >= 0 {
		width = fixed * element.width
	}
	return &valueForm{
		width:     width,
		newWriter: func() valueWriter { return &elementsWriter{element: newValueCell(element), fixed: fixed >= 0} },
		scan:      func(src []byte) (int, bool) { return scanElements(src, element, fixed) },
		newReader: func(rows *RowBuilder, to array.Builder) valueReader {
			b := to.(array.ListLikeBuilder)
			r := &elementsReader{rows: rows, list: b, elements: b.ValueBuilder(), width: element.width, fixed: fixed}
			r.read = element.newReader(rows, r.elements)
			return r.append
		},
	}
}

type elementsWriter struct {
	list    array.ListLike
	element valueCell
	fixed   bool
}

func (w *elementsWriter) bind(arr arrow.Array) {
	w.list = arr.(array.ListLike)
	w.element.bind(w.list.ListValues())
}

func (w *elementsWriter) append(dst []byte, i int) []byte {
	from, to := w.list.ValueOffsets(i)
	count := int(to - from)
	if !w.fixed {
		dst = appendUvarint(dst, uint64(count))
	}
	nulls := len(dst)
	dst = appendZeros(dst, bitmapLen(count))
	for e := range count {
		if at := int(from) + e; w.element.null(at) {
			dst[nulls+e>>3] |= 1 << (e & 7)
		} else {
			dst = w.element.append(dst, at)
		}
	}
	return dst
}

func scanElements(src []byte, element *valueForm, fixed int) (n int, fits bool) {
	rest, count := src, fixed
	if fixed < 0 {
		u, size := scanUvarint(src)
		if size < 0 || u > 8*uint64(len(src)) { // the bitmap alone would be longer
			return -1, false
		}
		rest, count = src[size:], int(u)
	}
	nulls, rest, ok := cutBitmap(rest, count)
	if !ok {
		return -1, false
	}
	fits = true
	for i := range count {
		if bitmapHas(nulls, i) {
			continue
		}
		size, fit := element.scan(rest)
		if size < 0 {
			return -1, false
		}
		rest, fits = rest[size:], fits && fit
	}
	return len(src) - len(rest), fits
}

// elementsReader appends lists.
type elementsReader struct {
	rows     *RowBuilder
	list     array.ListLikeBuilder
	elements array.Builder
	read     valueReader
	width    int // of an element
	fixed    int // negative where lists say their length
}

func (r *elementsReader) append(src []byte) int {
	rest, count := src, r.fixed
	if count < 0 {
		u, size := binary.Uvarint(src)
		rest, count = src[size:], int(u)
		r.rows.held += count * r.width
	}
	nulls, rest, _ := cutBitmap(rest, count)
	r.list.Append(true)
	for i := range count {
		if bitmapHas(nulls, i) {
			r.elements.AppendNull()
		} else {
			rest = rest[r.read(rest):]
		}
	}
	return len(src) - len(rest)
}
