package diff

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format/text"
)

// Key encodes the primary key of rows: the values of its columns, one behind the
// other in the order of the key, as Rows writes them, so no key is the beginning
// of another. But keys are equal where databases say so: -0.0 is 0.0, and a
// number in decimal text is the same however it is spelled (TestKeyEquality).
// Texts are equal byte for byte, whatever the database's collation.
//
// Buckets of baselines are sorted by what is made of it, so the encoding may
// never change. A Key is used by one goroutine.
type Key struct {
	columns []keyColumn
	cells   []valueCell
	scratch []byte
}

// KeyColumn is what a baseline remembers of a column of its key. Keys can be
// compared if their columns are equal.
type KeyColumn struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // "int", "text", "timestamp(us, zoned)"
}

// keyColumn is a column of the key.
type keyColumn struct {
	name  string
	index int         // in the result
	field arrow.Field // without its dictionary
	form  *valueForm
	equal keyEqual
}

// keyEqual says which values are equal although they are written differently.
type keyEqual uint8

const (
	keyExact   keyEqual = iota // none are
	keyFloat                   // -0 and 0
	keyDecimal                 // spellings of a number
)

// NewKey returns the encoder of the key that the columns of a result are. The
// error is Invalid where the result has no such column, or two of them, and
// where a column's type can't be a key.
func NewKey(result *arrow.Schema, columns []string) (*Key, error) {
	if len(columns) == 0 {
		return nil, fault.New(fault.Invalid, "the primary key has no columns")
	}
	k := &Key{}
	for _, name := range columns {
		at := result.FieldIndices(name)
		switch {
		case len(at) == 0:
			return nil, fault.WithRemedy(fault.New(fault.Invalid, "the result has no column %q, which the primary key names", name),
				"the columns are %s", keyChoices(result))
		case len(at) > 1:
			return nil, fault.New(fault.Invalid, "the result has %d columns %q, which the primary key names", len(at), name)
		}
		c, err := newKeyColumn(result.Field(at[0]))
		if err != nil {
			return nil, fault.New(fault.Invalid, "primary key column %q: %w", name, err)
		}
		c.index = at[0]
		form, _ := newValueForm(result.Field(at[0])) // which may have a dictionary
		k.columns = append(k.columns, c)
		k.cells = append(k.cells, newValueCell(form))
	}
	return k, nil
}

func newKeyColumn(field arrow.Field) (c keyColumn, err error) {
	if _, err := newValueForm(field); err != nil {
		return c, fmt.Errorf("type %s can't be a key", field.Type)
	}
	if d, ok := field.Type.(*arrow.DictionaryType); ok {
		field.Type = d.ValueType
	}
	switch field.Type.(type) {
	case arrow.NestedType, *arrow.NullType:
		return c, fmt.Errorf("type %s can't be a key", field.Type)
	}
	c = keyColumn{name: field.Name, field: field}
	c.form, err = newValueForm(field)
	switch c.form.kind {
	case "float32", "float64":
		c.equal = keyFloat
	case "text(" + string(batch.DecimalText) + ")":
		c.equal = keyDecimal
	}
	return c, err
}

func keyChoices(result *arrow.Schema) string {
	names := make([]string, result.NumFields())
	for i, f := range result.Fields() {
		names[i] = fmt.Sprintf("%q", f.Name)
	}
	return strings.Join(names, ", ")
}

// Bind makes rec, a record of the result, the one whose keys are encoded. It is
// borrowed until the next Bind.
func (k *Key) Bind(rec arrow.Record) {
	for i, c := range k.columns {
		k.cells[i].bind(rec.Column(c.index))
	}
}

// Append appends the encoded key of a row of the bound record. Where a column of
// the key is null, it returns dst as it was, and true. In the steady state it
// allocates nothing but dst's growth.
func (k *Key) Append(dst []byte, row int) (enc []byte, null bool) {
	for i := range k.cells {
		if k.cells[i].null(row) {
			return dst, true
		}
	}
	for i := range k.cells {
		start := len(dst)
		dst = k.cells[i].append(dst, row)
		switch k.columns[i].equal {
		case keyFloat:
			unsignZero(dst[start:])
		case keyDecimal:
			dst = k.respell(dst, start)
		}
	}
	return dst, false
}

// unsignZero makes the bits of -0 those of 0.
func unsignZero(bits []byte) {
	last := len(bits) - 1
	if bits[last] != 0x80 {
		return
	}
	for _, b := range bits[:last] {
		if b != 0 {
			return
		}
	}
	bits[last] = 0
}

// respell spells the decimal text at the end of dst, which begins at start, as
// all its spellings are in keys.
func (k *Key) respell(dst []byte, start int) []byte {
	_, n := binary.Uvarint(dst[start:])
	k.scratch = appendKeyDecimal(k.scratch[:0], dst[start+n:])
	return append(appendUvarint(dst[:start], uint64(len(k.scratch))), k.scratch...)
}

// Kinds returns what a baseline remembers of the key.
func (k *Key) Kinds() []KeyColumn {
	out := make([]KeyColumn, len(k.columns))
	for i, c := range k.columns {
		out[i] = KeyColumn{c.name, c.form.kind}
	}
	return out
}

// Sample returns the key of a row of the bound record for people to read:
// "id=7, region=eu". A null is null, and a text that could be mistaken is quoted.
func (k *Key) Sample(row int) string {
	var parts []string
	for i, c := range k.columns {
		value := "null"
		if !k.cells[i].null(row) {
			enc := k.cells[i].append(nil, row)
			value = c.text(enc)
		}
		parts = append(parts, c.name+"="+value)
	}
	return strings.Join(parts, ", ")
}

// Text returns an encoded key for people to read, as Sample does. Bytes that
// aren't a key of these columns are shown in hexadecimal.
func (k *Key) Text(enc []byte) string {
	rest := enc
	var parts []string
	for _, c := range k.columns {
		n, fits := c.form.scan(rest)
		if n < 0 || !fits {
			return fmt.Sprintf("%x", enc)
		}
		parts = append(parts, c.name+"="+c.text(rest[:n]))
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return fmt.Sprintf("%x", enc)
	}
	return strings.Join(parts, ", ")
}

// text shows an encoded value as files do.
func (c *keyColumn) text(enc []byte) string {
	b := array.NewBuilder(memory.DefaultAllocator, c.field.Type)
	defer b.Release()
	c.form.newReader(nil, b)(enc)
	arr := b.NewArray()
	defer arr.Release()
	column, err := text.NewPlain(c.field)
	if err != nil { // a type that no format writes
		return arr.ValueStr(0)
	}
	column.Bind(arr)
	shown := string(column.Append(nil, 0))
	if keyNeedsQuotes(shown) {
		return fmt.Sprintf("%q", shown)
	}
	return shown
}

// keyNeedsQuotes reports whether a value could be mistaken for another, or for
// the next column.
func keyNeedsQuotes(s string) bool {
	quoted := fmt.Sprintf("%q", s)
	return s == "" || s == "null" || quoted[1:len(quoted)-1] != s ||
		strings.ContainsAny(s, ",=") || strings.TrimSpace(s) != s
}
