package mapping

import (
	"math"
	"regexp"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format/text"
)

// template compiles a template over the columns.
func (c *compiler) template(source, path string) (value, error) {
	parsed, err := parseTemplate(source)
	if err != nil {
		return nil, err
	}
	if err := checkNames(parsed, source, c.result); err != nil {
		return nil, err
	}
	if pieces, ok := c.plain(source); ok {
		return &concatenation{pieces: pieces, path: path}, nil
	}
	row, err := newLiquidRow(c.result, source)
	return &liquidText{template: parsed, row: row, key: c.key, path: path}, err
}

// plainOutput is a column as it is: {{ name }} or {{ row.name }}.
var plainOutput = regexp.MustCompile(`\{\{\s*(?:row\.)?([A-Za-z_][A-Za-z0-9_]*)\s*\}\}`)

// plain cuts a template that is nothing but text and columns into pieces. It is
// false for all others, and where Liquid has its own text of a column: of lists,
// structs and maps.
func (c *compiler) plain(source string) ([]piece, bool) {
	var pieces []piece
	end := 0
	for _, m := range plainOutput.FindAllStringSubmatchIndex(source, -1) {
		name := source[m[2]:m[3]]
		found := c.result.FieldIndices(name)
		if len(found) == 0 || name == rowName || reserved[name] || isNested(c.result.Field(found[0]).Type) {
			return nil, false
		}
		col, err := text.NewPlain(c.result.Field(found[0]))
		if err != nil {
			return nil, false
		}
		pieces = append(pieces, piece{literal: source[end:m[0]], column: found[0], text: col})
		end = m[1]
	}
	pieces = append(pieces, piece{literal: source[end:]})
	for _, p := range pieces {
		if strings.Contains(p.literal, "{{") || strings.Contains(p.literal, "{%") || p.text != nil && strings.HasSuffix(p.literal, "{") {
			return nil, false
		}
	}
	return pieces, true
}

// isNested reports whether the type's values are made of others.
func isNested(t arrow.DataType) bool {
	_, nested := t.(arrow.NestedType)
	return nested
}

// piece is a literal and the column behind it.
type piece struct {
	literal string
	column  int          // of the result
	text    *text.Column // nil behind the last literal
}

// concatenation is a template that appends texts of columns. A null is no text.
type concatenation struct {
	pieces []piece
	path   string
	size   int // of the last batch, in bytes
}

func (c *concatenation) field() arrow.Field { return arrow.Field{Type: arrow.BinaryTypes.String} }

func (c *concatenation) of(rec arrow.Record) (arrow.Array, error) {
	for _, p := range c.pieces {
		if p.text != nil {
			p.text.Bind(rec.Column(p.column))
		}
	}
	rows := int(rec.NumRows())
	out, ends := make([]byte, 0, c.size+c.size/8), make([]int32, 1, rows+1)
	for row := range rows {
		for i := range c.pieces {
			p := &c.pieces[i]
			out = append(out, p.literal...)
			if p.text != nil && !p.text.IsNull(row) {
				out = p.text.Append(out, row)
			}
		}
		if len(out) > math.MaxInt32 {
			return nil, tooLong(c.path)
		}
		ends = append(ends, int32(len(out)))
	}
	c.size = len(out)
	return newTexts(out, ends), nil
}

// newTexts returns the texts that end at ends[1:] of their bytes, and takes both over.
func newTexts(texts []byte, ends []int32) arrow.Array {
	buffers := []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(ends)), memory.NewBufferBytes(texts)}
	data := array.NewData(arrow.BinaryTypes.String, len(ends)-1, buffers, nil, 0, 0)
	defer data.Release()
	return array.NewStringData(data)
}

func tooLong(path string) error {
	return fault.New(fault.Invalid, "%s: the texts of a batch are longer than 2 GiB", path)
}
