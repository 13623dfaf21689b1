package parquet

import (
	"math"
	"unicode/utf8"

	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
	"github.com/longshore/longshore/pkg/format/text"
	"github.com/longshore/longshore/pkg/schema"
)

// rowTexts renders whole rows as JSON: those that are rejected, and those that a
// column wants with the path $. It reads the leaves that no column needs, and
// walks again over the values of the others.
type rowTexts struct {
	file    *opened
	readers []*leafReader // by leaf
	extra   []*leafReader // those that are read for this alone
	group   int           // where they stand
	at      int64
	types   []fileType // by leaf

	capture map[*node][]int // columns that want the text of a field
	values  []*string       // of the row, by column
	broken  *leafReader     // where levels contradict each other
	scratch []byte
}

func newRowTexts(d *decoder) *rowTexts {
	t := &rowTexts{file: d.file, group: -1, capture: map[*node][]int{}, readers: make([]*leafReader, len(d.file.leaves))}
	for _, r := range d.readers {
		t.readers[r.leaf.leaf] = r
	}
	for i, leaf := range d.file.leaves {
		t.types = append(t.types, fileTypeOf(&leaf.element))
		if t.readers[i] == nil {
			r := newLeafReader(d.file, &d.unpack, leaf)
			r.values.owned = true
			t.readers[i] = r
			t.extra = append(t.extra, r)
		}
	}
	for i := range d.columns {
		if n := fieldOf(d.file.root, d.columns[i].path); n != nil {
			t.capture[n] = append(t.capture[n], i)
		}
	}
	return t
}

// fieldOf returns the field of a path, up to its first array.
func fieldOf(root *node, path schema.Path) *node {
	n := root
	for _, step := range path {
		if step.Kind != schema.StepField || n == nil || n.rep > 0 {
			break
		}
		n = n.child(step.Field)
	}
	if n == root {
		return nil
	}
	return n
}

// load makes all readers hold n rows of a row group, beginning with row from.
func (t *rowTexts) load(group int, from int64, n int) error {
	if t.group != group {
		for _, r := range t.extra {
			r.open(&t.file.footer.RowGroups[group], leastWindow)
		}
		t.group, t.at = group, 0
	}
	for t.at < from {
		if err := t.loadExtra(int(min(from-t.at, stretchRows))); err != nil {
			return err
		}
	}
	if err := t.loadExtra(n); err != nil {
		return err
	}
	for _, r := range t.readers {
		r.at, r.valueAt = 0, 0
	}
	return nil
}

func (t *rowTexts) loadExtra(n int) error {
	for _, r := range t.extra {
		if err := r.load(n); err != nil {
			return err
		}
	}
	t.at += int64(n)
	return nil
}

// row appends the next row to dst, and notes the texts of the columns' fields.
func (t *rowTexts) row(dst []byte, columns int) ([]byte, error) {
	t.values = make([]*string, columns)
	dst = t.fields(dst, t.file.root)
	if t.broken != nil {
		return dst, t.broken.failed(errValues)
	}
	return dst, nil
}

// skip passes over a row.
func (t *rowTexts) skip() {
	s := shape{leaves: t.readers}
	if !s.startRow() {
		return // the next row that is rendered says so
	}
	s.skipRow()
}

// value appends what is at n, where its leaves stand.
func (t *rowTexts) value(dst []byte, n *node, inside bool) []byte {
	from := len(dst)
	var present bool
	if repeated, element, ok := n.list(); ok {
		dst, present = t.list(dst, n.def, repeated, element)
	} else if n.isRepeated() && !inside {
		dst, present = t.list(dst, n.def-1, n, n)
	} else if repeated, key, value, ok := n.mapping(); ok {
		dst, present = t.object(dst, n, repeated, key, value)
	} else if n.leaf >= 0 {
		return t.leaf(dst, n)
	} else if present = t.level(n) >= int(n.def); present {
		dst = t.fields(dst, n)
	}
	if !present {
		t.pass(n)
		return append(dst, "null"...)
	}
	t.note(n, dst[from:])
	return dst
}

// note keeps the text of a field for the columns that come from it: one text for
// all of them, as the fields of a list's structs may be many.
func (t *rowTexts) note(n *node, v []byte) {
	columns := t.capture[n]
	if len(columns) == 0 {
		return
	}
	s := string(v)
	for _, column := range columns {
		t.values[column] = &s
	}
}

// level returns the definition level at which the leaves of n stand. One of no
// leaves is there.
func (t *rowTexts) level(n *node) int {
	leaf := n.firstLeaf()
	if leaf < 0 {
		return math.MaxInt
	}
	r := t.readers[leaf]
	switch {
	case r.at >= r.n:
		t.broken = r
		return -1
	case r.leaf.def == 0:
		return 0
	}
	return int(r.def[r.at])
}

// pass moves the leaves of n past an entry.
func (t *rowTexts) pass(n *node) {
	if n.leaf >= 0 {
		t.readers[n.leaf].pass()
	}
	for _, c := range n.children {
		t.pass(c)
	}
}

func (t *rowTexts) fields(dst []byte, n *node) []byte {
	for i, c := range n.children {
		dst = text.AppendKey(dst, c.name(), i)
		dst = t.value(dst, c, false)
	}
	if len(n.children) == 0 {
		dst = append(dst, '{')
	}
	return append(dst, '}')
}

// list appends the elements of a list that is there at definition level def.
func (t *rowTexts) list(dst []byte, def uint8, repeated, element *node) ([]byte, bool) {
	level := t.level(repeated)
	switch {
	case level < int(def):
		return dst, false
	case level < int(repeated.def) || repeated.firstLeaf() < 0:
		t.pass(repeated)
		return append(dst, "[]"...), true
	}
	dst = append(dst, '[')
	for t.broken == nil {
		dst = t.value(dst, element, element == repeated)
		if !t.more(repeated) {
			break
		}
		dst = append(dst, ',')
	}
	return append(dst, ']'), true
}

// more reports whether the list goes on.
func (t *rowTexts) more(repeated *node) bool {
	r := t.readers[repeated.firstLeaf()]
	return r.at < r.n && r.rep[r.at] == repeated.rep
}

func (t *rowTexts) object(dst []byte, n, repeated, key, value *node) ([]byte, bool) {
	level := t.level(n)
	switch {
	case level < int(n.def):
		return dst, false
	case level < int(repeated.def) || repeated.firstLeaf() < 0:
		t.pass(repeated)
		return append(dst, "{}"...), true
	}
	dst = append(dst, '{')
	for t.broken == nil {
		t.scratch = t.value(t.scratch[:0], key, false)
		if len(t.scratch) > 0 && t.scratch[0] == '"' {
			dst = append(dst, t.scratch...)
		} else {
			dst = text.AppendJSONString(dst, t.scratch)
		}
		dst = t.value(append(dst, ':'), value, false)
		if !t.more(repeated) {
			break
		}
		dst = append(dst, ',')
	}
	return append(dst, '}'), true
}

// leaf appends a value as JSON. Columns get its bare text.
func (t *rowTexts) leaf(dst []byte, n *node) []byte {
	r := t.readers[n.leaf]
	if r.at >= r.n {
		t.broken = r
		return dst
	}
	k := r.valueAt
	present := n.def == 0 || r.def[r.at] == n.def
	r.pass()
	if !present {
		return append(dst, "null"...)
	}
	typ := &t.types[n.leaf]
	if len(t.capture[n]) > 0 {
		t.note(n, typ.appendReadable(nil, &r.entries, k))
	}
	switch typ.kind {
	case fileBool, fileInt, fileDecimal:
		return typ.appendText(dst, &r.entries, k)
	case fileFloat:
		if v := typ.float(&r.entries, k); !math.IsNaN(v) && !math.IsInf(v, 0) {
			return typ.appendText(dst, &r.entries, k)
		}
	case fileJSON:
		return text.AppendJSONDocument(dst, r.bytes(k))
	}
	return text.AppendJSONString(dst, typ.appendReadable(nil, &r.entries, k))
}

// appendReadable is appendText, but for bytes that aren't UTF-8, which are
// written in hexadecimal digits.
func (t *fileType) appendReadable(dst []byte, e *entries, k int) []byte {
	bytes := t.kind == fileBytes || t.kind == fileText || t.kind == fileJSON
	unmarked := t.kind == fileNull && (t.physical == meta.ByteArray || t.physical == meta.FixedLenByteArray)
	if bytes && !utf8.Valid(e.bytes(k)) || unmarked {
		return text.AppendHex(dst, e.bytes(k))
	}
	return t.appendText(dst, e, k)
}
