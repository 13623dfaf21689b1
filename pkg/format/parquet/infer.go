package parquet

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
	"github.com/longshore/longshore/pkg/schema"
)

const (
	defaultSampleRows = 10_000
	sampleBytes       = 64 << 20 // of rows rendered as JSON
)

// Infer implements format.Reader. Types are those of the file's schema, a field
// that may be null by it is Nullable, and the rows give the evidence. Structs
// become a field for each of theirs, also inside of lists: $.items[:].id.
func (Format) Infer(ctx context.Context, in format.Input, opts format.ReadOptions) (schema.Inference, error) {
	file, err := open(in)
	if err != nil {
		return schema.Inference{}, err
	}
	if opts.SampleRows <= 0 {
		opts.SampleRows = defaultSampleRows
	}
	s := sampler{ctx: ctx, file: file}
	for _, n := range file.root.children {
		s.fields(n, nil, 0, nil)
	}
	if err := s.sample(opts.SampleRows); err != nil {
		return schema.Inference{}, err
	}
	out := schema.Inference{Rows: s.rows}
	for i, f := range s.found {
		field := s.found[i].sample.Field(f.path, schema.InferOptions{})
		field.Type, field.Conflicts = f.typ, nil
		field.Why = f.why
		if field.Nulls > 0 {
			field.Why += fmt.Sprintf("; %d of %d null", field.Nulls, s.rows)
		}
		out.Fields = append(out.Fields, field)
	}
	schema.UniqueNames(out.Fields)
	return out, nil
}

// sampler looks at a file's schema and first rows.
type sampler struct {
	ctx   context.Context
	file  *opened
	found []found
	rows  int64
	raw   []byte // the row as JSON, of which only the size counts
}

// found is a field of the inference.
type found struct {
	path   schema.Path
	node   *node // whose text is the evidence: the outermost list, or the leaf
	typ    schema.Type
	class  schema.Class
	why    string
	sample *schema.Sample
}

// fields adds the fields at and below n. It is inside of so many arrays, the
// outermost of which is list.
func (s *sampler) fields(n *node, path schema.Path, arrays int, list *node) {
	path = append(path[:len(path):len(path)], schema.Step{Field: n.name()})
	s.inside(n, path, arrays, list, false)
}

func (s *sampler) inside(n *node, path schema.Path, arrays int, list *node, element bool) {
	repeated, inner, isList := n.list()
	switch {
	case isList, n.isRepeated() && !element:
		if !isList {
			repeated, inner = n, n
		}
		if list == nil {
			list = n
		}
		if elem, ok := wholeType(inner, inner == repeated); ok {
			s.add(n, path, schema.ArrayOf(elem), arrays, list)
			return
		}
		path = append(path[:len(path):len(path)], schema.Step{Kind: schema.StepEach})
		s.inside(inner, path, arrays+1, list, inner == repeated)
		return
	}
	if typ, ok := wholeType(n, element); ok {
		s.add(n, path, typ, arrays, list)
		return
	}
	for _, c := range n.children {
		s.fields(c, path, arrays, list)
	}
}

// wholeType returns the type that takes all of n, if it is a scalar, or a list
// or map of such. Structs have none: their fields are columns.
func wholeType(n *node, element bool) (schema.Type, bool) {
	if repeated, inner, ok := n.list(); ok {
		elem, ok := wholeType(inner, inner == repeated)
		return schema.ArrayOf(elem), ok
	}
	if n.isRepeated() && !element {
		elem, ok := wholeType(n, true)
		return schema.ArrayOf(elem), ok
	}
	if _, key, value, ok := n.mapping(); ok {
		k, okKey := wholeType(key, false)
		v, okValue := wholeType(value, false)
		if k = k.Base(); !okKey || !okValue || k.Kind.IsFloat() || !isScalar(k) {
			return schema.Type{}, false
		}
		return schema.Type{Kind: schema.Map, Elems: []schema.Type{k, v}}, true
	}
	if n.leaf < 0 {
		return schema.Type{}, false
	}
	t := fileTypeOf(&n.element)
	typ := tableType(&t, &n.element)
	if n.element.Repetition == meta.Optional || t.kind == fileNull {
		typ = schema.NullableOf(typ)
	}
	return typ, true
}

func isScalar(t schema.Type) bool { return t.Kind != schema.Array && t.Kind != schema.Map }

// add notes a field whose values are of a type, inside of so many arrays.
func (s *sampler) add(n *node, path schema.Path, typ schema.Type, arrays int, list *node) {
	f := found{path: path, node: n, typ: typ, sample: new(schema.Sample), class: schema.Class{Shape: schema.Text}}
	switch {
	case list != nil:
		f.node = list
	case typ.Base().Kind.IsInteger():
		f.class.Shape = schema.Integer
	case typ.Base().Kind.IsFloat(), typ.Base().Kind == schema.Decimal:
		f.class.Shape = schema.Float
	}
	for range arrays {
		f.typ = schema.ArrayOf(f.typ)
	}
	if list == nil && optionalAbove(n) {
		f.typ = schema.NullableOf(f.typ)
	}
	f.why = "the file's schema says " + describe(n)
	s.found = append(s.found, f)
}

// optionalAbove reports whether a struct around n may be null, and n with it.
func optionalAbove(n *node) bool { return n.parent != nil && n.parent.def > 0 }

// describe names a node's type for a person.
func describe(n *node) string {
	if _, element, ok := n.list(); ok {
		return "a list of " + describe(element)
	}
	if _, key, value, ok := n.mapping(); ok {
		return "a map of " + describe(key) + " to " + describe(value)
	}
	if n.leaf < 0 {
		return "a struct"
	}
	t := fileTypeOf(&n.element)
	words := t.String()
	if t.kind == fileInt {
		words = fmt.Sprintf("integer of %d bits", t.bits)
		if t.unsigned {
			words = "unsigned " + words
		}
	}
	if n.element.Repetition == meta.Optional {
		words = "optional " + words
	}
	return words
}

// tableType returns the type that holds all values of a leaf, or most.
func tableType(t *fileType, e *meta.Element) schema.Type {
	switch t.kind {
	case fileBool:
		return schema.Of(schema.Bool)
	case fileInt:
		return integerType(t)
	case fileFloat:
		if t.physical == meta.Double {
			return schema.Of(schema.Float64)
		}
		return schema.Of(schema.Float32)
	case fileDecimal:
		if t.precision >= 1 && t.precision <= 76 && t.scale <= t.precision {
			return schema.DecimalOf(t.precision, t.scale)
		}
	case fileDate:
		return schema.Of(schema.Date32)
	case fileTimestamp:
		digits := map[arrow.TimeUnit]int{arrow.Millisecond: 3, arrow.Microsecond: 6, arrow.Nanosecond: 9}
		return schema.DateTime64Of(digits[t.unit], "UTC")
	case fileInt96:
		return schema.DateTime64Of(9, "UTC")
	case fileUUID:
		return schema.Of(schema.UUID)
	case fileBytes:
		if e.Type == meta.FixedLenByteArray {
			return schema.Type{Kind: schema.FixedString, Length: int(e.TypeLength)}
		}
	}
	return schema.Of(schema.String)
}

func integerType(t *fileType) schema.Type {
	kinds := map[int][2]schema.Kind{
		8: {schema.Int8, schema.UInt8}, 16: {schema.Int16, schema.UInt16},
		32: {schema.Int32, schema.UInt32}, 64: {schema.Int64, schema.UInt64},
	}
	kind, ok := kinds[t.bits]
	if !ok {
		kind = kinds[64]
	}
	if t.unsigned {
		return schema.Of(kind[1])
	}
	return schema.Of(kind[0])
}

// sample looks at the first rows.
func (s *sampler) sample(limit int) error {
	d := &decoder{ctx: s.ctx, file: s.file, opts: format.ReadOptions{}}
	defer d.unpack.close()
	t := newRowTexts(d)
	for i, f := range s.found {
		t.capture[f.node] = append(t.capture[f.node], i)
	}
	left := sampleBytes
	for g := range s.file.footer.RowGroups {
		rows := s.file.footer.RowGroups[g].Rows
		for from := int64(0); from < rows; {
			n := min(rows-from, int64(limit)-s.rows, 64)
			if n <= 0 || left <= 0 {
				return nil
			}
			if err := s.ctx.Err(); err != nil {
				return err
			}
			if err := t.load(g, from, int(n)); err != nil {
				return err
			}
			for range n {
				size, err := s.row(t)
				if err != nil {
					return err
				}
				left -= size
			}
			from += n
		}
	}
	return nil
}

func (s *sampler) row(t *rowTexts) (int, error) {
	raw, err := t.row(s.raw[:0], len(s.found))
	if err != nil {
		return 0, err
	}
	s.raw = raw
	s.rows++
	for i := range s.found {
		f := &s.found[i]
		if v := t.values[i]; v != nil {
			f.sample.Add(s.rows, f.class, *v)
		} else {
			f.sample.Null(1)
		}
	}
	return len(raw), nil
}
