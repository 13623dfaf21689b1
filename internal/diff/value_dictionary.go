package diff

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
)

// dictionaryForm writes the value that the index stands for: whether a column
// has a dictionary makes no difference.
func dictionaryForm(field arrow.Field, t *arrow.DictionaryType) (*valueForm, error) {
	field.Type = t.ValueType
	switch t.ValueType.(type) {
	case arrow.NestedType, *arrow.DictionaryType, *arrow.NullType:
		return nil, fmt.Errorf("rows with a dictionary of type %s can't be compared", t.ValueType)
	}
	values, err := newValueForm(field)
	if err != nil {
		return nil, err
	}
	width := t.IndexType.(arrow.FixedWidthDataType).BitWidth()
	bits := width
	if arrow.IsSignedInteger(t.IndexType.ID()) {
		bits--
	}
	return &valueForm{
		kind:      values.kind,
		storage:   t.IndexType,
		width:     width / 8,
		newWriter: func() valueWriter { return &dictionaryWriter{values: values.newWriter()} },
		scan:      values.scan,
		newReader: func(rows *RowBuilder, to array.Builder) valueReader {
			d := newDictionaryReader(rows, t, values, to, 1<<min(bits, 31))
			rows.dictionaries = append(rows.dictionaries, d)
			return d.append
		},
	}, nil
}

type dictionaryWriter struct {
	values valueWriter
	array  *array.Dictionary
}

func (w *dictionaryWriter) bind(arr arrow.Array) {
	w.array = arr.(*array.Dictionary)
	w.values.bind(w.array.Dictionary())
}

func (w *dictionaryWriter) append(dst []byte, i int) []byte {
	return w.values.append(dst, w.array.GetValueIndex(i))
}

// dictionaryValid returns the bitmap of the values that aren't null, where the
// dictionary itself has nulls.
func dictionaryValid(d *array.Dictionary) []byte {
	valid := make([]byte, bitmapLen(d.Len()))
	for i := range d.Len() {
		if d.IsValid(i) && d.Dictionary().IsValid(d.GetValueIndex(i)) {
			bitutil.SetBit(valid, i)
		}
	}
	return valid
}

// dictionaryReader builds the dictionary of a column, each value once, and
// appends the indices.
type dictionaryReader struct {
	rows   *RowBuilder
	index  func(int)
	values array.Builder
	form   *valueForm
	read   valueReader
	seen   map[string]int // encoded value to index
	limit  int            // of values
}

func newDictionaryReader(rows *RowBuilder, t *arrow.DictionaryType, f *valueForm, to array.Builder, limit int) *dictionaryReader {
	d := &dictionaryReader{rows: rows, form: f, limit: limit, seen: map[string]int{}}
	d.index = dictionaryIndex(to)
	d.values = array.NewBuilder(rows.mem, t.ValueType)
	d.read = f.newReader(rows, d.values)
	return d
}

func dictionaryIndex(to array.Builder) func(int) {
	switch b := to.(type) {
	case *array.Int8Builder:
		return func(i int) { b.Append(int8(i)) }
	case *array.Int16Builder:
		return func(i int) { b.Append(int16(i)) }
	case *array.Int32Builder:
		return func(i int) { b.Append(int32(i)) }
	case *array.Int64Builder:
		return func(i int) { b.Append(int64(i)) }
	case *array.Uint8Builder:
		return func(i int) { b.Append(uint8(i)) }
	case *array.Uint16Builder:
		return func(i int) { b.Append(uint16(i)) }
	case *array.Uint32Builder:
		return func(i int) { b.Append(uint32(i)) }
	case *array.Uint64Builder:
		return func(i int) { b.Append(uint64(i)) }
	}
	panic(fmt.Sprintf("diff: dictionary index of type %s", to.Type()))
}

// append appends a value's index. A value that the index type has no number for
// marks the builder as full.
func (d *dictionaryReader) append(src []byte) int {
	n, _ := d.form.scan(src)
	i, ok := d.seen[string(src[:n])]
	if !ok {
		if i = len(d.seen); i == d.limit {
			d.rows.full = true
			i = 0
		} else {
			d.seen[string(src[:n])] = i
			d.rows.held += n + d.form.width
			d.read(src)
		}
	}
	d.index(i)
	return n
}

// newDictionary returns the values of the dictionary, which the caller releases,
// and begins a new one.
func (d *dictionaryReader) newDictionary() arrow.Array {
	clear(d.seen)
	return d.values.NewArray()
}
