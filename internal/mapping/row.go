package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/osteele/liquid"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format/text"
)

// liquidText is a template that Liquid evaluates for each row.
type liquidText struct {
	template *liquid.Template
	row      *liquidRow
	key      *rowKey
	path     string
}

func (l *liquidText) field() arrow.Field { return arrow.Field{Type: arrow.BinaryTypes.String} }

func (l *liquidText) of(rec arrow.Record) (arrow.Array, error) {
	l.row.bind(rec)
	rows := int(rec.NumRows())
	var out bytes.Buffer
	ends := make([]int32, 1, rows+1)
	for row := range rows {
		if err := l.render(&out, row); err != nil {
			return nil, fault.New(fault.Invalid, "%s: row with %s: %w", l.path, l.key.of(rec, row), err)
		}
		if out.Len() > math.MaxInt32 {
			return nil, tooLong(l.path)
		}
		ends = append(ends, int32(out.Len()))
	}
	return newTexts(out.Bytes(), ends), nil
}

// render appends the text of a row. Filters that panic over a value fail the row.
func (l *liquidText) render(out *bytes.Buffer, row int) (err error) {
	defer func() {
		if value := recover(); value != nil {
			message, _, _ := strings.Cut(fmt.Sprint(value), "\n") // a stack follows
			err = fault.New(fault.Invalid, "Liquid error: %s", message)
		}
	}()
	if failed := l.template.FRender(out, l.row.at(row)); failed != nil {
		return failed
	}
	return nil
}

// liquidRow is a row as Liquid sees it. Only columns that the template mentions
// are in it.
type liquidRow struct {
	columns []liquidColumn
	vars    map[string]any // what stays from row to row: the names
	row     jsonObject
}

// liquidColumn makes Go values of a column's.
type liquidColumn struct {
	name string
	at   int // in the result
	text *text.Column
	from func(text string) any
}

func newLiquidRow(result *arrow.Schema, source string) (*liquidRow, error) {
	r := &liquidRow{vars: map[string]any{}, row: jsonObject{}}
	for i, field := range result.Fields() {
		if !mentions(source, field.Name) || result.FieldIndices(field.Name)[0] != i {
			continue
		}
		col, err := text.NewPlain(field)
		if err != nil {
			return nil, err
		}
		r.columns = append(r.columns, liquidColumn{name: field.Name, at: i, text: col, from: reading(field.Type)})
	}
	return r, nil
}

func (r *liquidRow) bind(rec arrow.Record) {
	for _, c := range r.columns {
		c.text.Bind(rec.Column(c.at))
	}
}

// at returns the variables of a row, which the next call changes.
func (r *liquidRow) at(row int) map[string]any {
	var buf []byte
	for _, c := range r.columns {
		var v any
		if !c.text.IsNull(row) {
			buf = c.text.Append(buf[:0], row)
			v = c.from(string(buf))
		}
		r.vars[c.name], r.row[c.name] = v, v
	}
	r.vars[rowName] = r.row
	return r.vars
}

// reading returns how Liquid gets a value of a type by its text: numbers and
// booleans to reckon and compare with, lists and objects to go through, and all
// others, decimals and times among them, as they are written.
func reading(t arrow.DataType) func(string) any {
	if d, ok := t.(*arrow.DictionaryType); ok {
		return reading(d.ValueType)
	}
	switch {
	case t.ID() == arrow.BOOL:
		return func(s string) any { return s == "true" }
	case arrow.IsInteger(t.ID()):
		return wholeOf
	case arrow.IsFloating(t.ID()):
		return floatOf
	case isNested(t):
		return documentOf
	}
	return func(s string) any { return s }
}

// wholeOf returns an int, or the digits of a number that is too large for one.
func wholeOf(s string) any {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return s
}

// floatOf returns a number that prints as s does.
func floatOf(s string) any {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return s
	}
	return float(f)
}

// documentOf returns a JSON value as Liquid goes through it.
func documentOf(s string) any {
	var v any
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return s
	}
	return liquidOf(v)
}

func liquidOf(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, whole := wholeOf(v.String()).(int); whole {
			return n
		}
		return floatOf(v.String())
	case []any:
		for i := range v {
			v[i] = liquidOf(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = liquidOf(v[k])
		}
		return jsonObject(v)
	}
	return v
}

// jsonObject is an object that prints as JSON.
type jsonObject map[string]any

// String returns the object's JSON.
func (o jsonObject) String() string {
	out, err := json.Marshal(map[string]any(o))
	if err != nil {
		return fmt.Sprint(map[string]any(o))
	}
	return string(out)
}
