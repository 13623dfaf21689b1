package diff

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// valueForm is how the values of one type are written and read back.
//
// What a form writes may never change: rows are kept as it writes them, for
// ever. A type that needs other bytes gets a form of another kind.
type valueForm struct {
	// kind names the bytes and what they mean. Columns of one kind have equal
	// bytes exactly where they have equal values, whatever their Arrow types.
	kind string
	// storage is the type that RowBuilder builds: the Arrow type, in which
	// dictionaries are their indices.
	storage arrow.DataType
	// width is about how many bytes a value takes in an Arrow array, without the
	// bytes of strings and the elements of lists.
	width int

	newWriter func() valueWriter
	scan      valueScan
	newReader func(b *RowBuilder, to array.Builder) valueReader
}

// valueWriter writes the values of one array.
type valueWriter interface {
	// bind makes arr the array to write. It is borrowed until the next bind.
	bind(arr arrow.Array)
	// append appends value i of the array, which isn't null.
	append(dst []byte, i int) []byte
}

// valueScan finds the end of the value that src begins with: n is its length, or
// negative where no value is written like that. It is strict: what it accepts is
// what a writer writes. fits is false for a value of the kind that the Arrow
// type is too narrow for.
type valueScan func(src []byte) (n int, fits bool)

// valueReader appends the value that src begins with to its builder and returns
// the value's length. The value was scanned, and fits.
type valueReader func(src []byte) int

// newValueForm returns the form of a column. The error is plain, and says the
// type.
func newValueForm(field arrow.Field) (*valueForm, error) {
	for _, find := range []func(arrow.Field) *valueForm{integerForm, numberForm, timeForm, bytesForm} {
		if f := find(field); f != nil {
			f.storage = field.Type
			return f, nil
		}
	}
	switch t := field.Type.(type) {
	case *arrow.NullType:
		return nullForm(), nil
	case *arrow.DictionaryType:
		return dictionaryForm(field, t)
	case *arrow.StructType:
		return structForm(t)
	case *arrow.MapType:
		return mapForm(t)
	case *arrow.ListType:
		return listForm(t.ElemField(), -1, func(e arrow.DataType) arrow.DataType { return arrow.ListOf(e) })
	case *arrow.LargeListType:
		return listForm(t.ElemField(), -1, func(e arrow.DataType) arrow.DataType { return arrow.LargeListOf(e) })
	case *arrow.FixedSizeListType:
		return listForm(t.ElemField(), int(t.Len()), func(e arrow.DataType) arrow.DataType { return arrow.FixedSizeListOf(t.Len(), e) })
	}
	return nil, fmt.Errorf("rows of type %s can't be compared", field.Type)
}

// valueKind is the kind of a column, or its type's name where it has no form.
func valueKind(field arrow.Field) string {
	if f, err := newValueForm(field); err == nil {
		return f.kind
	}
	return field.Type.String()
}

// nullForm is the form of the type that has no values: there is never a byte.
func nullForm() *valueForm {
	return &valueForm{
		kind:      "null",
		storage:   arrow.Null,
		newWriter: func() valueWriter { return nullWriter{} },
		scan:      func([]byte) (int, bool) { return -1, false },
		newReader: func(*RowBuilder, array.Builder) valueReader { return nil },
	}
}

type nullWriter struct{}

func (nullWriter) bind(arrow.Array) {}

func (nullWriter) append(dst []byte, _ int) []byte { return dst }
