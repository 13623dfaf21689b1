package parquet

import (
	"fmt"
	"slices"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

const (
	maxRawBytes    = 64 << 10 // of a rejected row
	maxDetailBytes = 200      // of a value in a message
)

// reject makes rejects of the rows of the stretch that have problems, and marks
// them in d.bad.
func (d *decoder) reject(n int) error {
	d.bad = grow(d.bad[:0], n)
	clear(d.bad)
	for _, p := range d.problems {
		d.bad[p.row] = true
	}
	slices.SortStableFunc(d.problems, func(a, b problem) int { return a.row - b.row })
	if err := d.renderStretch(n); err != nil {
		return err
	}
	at := 0
	for row := range n {
		if !d.bad[row] {
			d.texts.skip()
			continue
		}
		raw, err := d.texts.row(nil, len(d.columns))
		if err != nil {
			return err
		}
		r := format.Reject{
			Row: d.row + int64(row) + 1, RowGroup: d.group,
			Raw: raw[:min(len(raw), maxRawBytes)], Values: d.texts.values,
		}
		for ; at < len(d.problems) && d.problems[at].row == row; at++ {
			r.Errors = append(r.Errors, d.explain(d.problems[at], r.Values))
		}
		d.rejects = append(d.rejects, r)
	}
	return nil
}

// refuse rejects the next n rows, as the options say.
func (d *decoder) refuse(n int) error {
	if err := d.renderStretch(n); err != nil {
		return err
	}
	for row := range n {
		raw, err := d.texts.row(nil, len(d.columns))
		if err != nil {
			return err
		}
		raw = raw[:min(len(raw), maxRawBytes)]
		d.rejects = append(d.rejects, format.Reject{
			Row: d.row + int64(row) + 1, RowGroup: d.group, Raw: raw, Values: d.texts.values, Errors: d.opts.Refuse,
		})
		d.refused += int64(len(raw))
	}
	d.consume(n)
	return nil
}

// renderStretch makes the texts stand at the first row of the stretch.
func (d *decoder) renderStretch(n int) error {
	if d.texts == nil {
		d.texts = newRowTexts(d)
	}
	return d.texts.load(d.group, d.groupAt, n)
}

func (d *decoder) explain(p problem, values []*string) format.ColumnError {
	e := format.ColumnError{Code: codeOf(p.what)}
	if p.column < 0 {
		e.Detail = fmt.Sprintf("%s: more than %d bytes", e.Code, d.opts.MaxRowBytes)
		return e
	}
	c := &d.columns[p.column].column
	e.Column = c.Name
	e.Detail = fmt.Sprintf("%s: %s for %s", c.Name, e.Code, c.Type)
	if v := values[p.column]; v != nil {
		e.Detail += fmt.Sprintf(": %q", cut(*v, maxDetailBytes))
	}
	if s := d.columns[p.column].shape; s != nil && p.what == typeMismatch {
		e.Detail += " of the file's " + typeName(s)
	}
	return e
}

// typeName names the types of the leaves that a value is made from.
func typeName(s *shape) string {
	name := ""
	for i, r := range s.leaves {
		if i > 0 {
			name += ", "
		}
		t := fileTypeOf(&r.leaf.element)
		name += t.String()
	}
	return name
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}

// fillRows appends whole rows as JSON to a String column.
func (d *decoder) fillRows(c *block.Column, i, n int, skip []bool) error {
	fits := d.columns[i].column.Type.Base().Kind == schema.String
	if err := d.renderStretch(n); err != nil {
		return err
	}
	var buf []byte
	for row := range n {
		if skip != nil && skip[row] {
			d.texts.skip()
			continue
		}
		var err error
		if buf, err = d.texts.row(buf[:0], len(d.columns)); err != nil {
			return err
		}
		if !fits {
			d.problems = append(d.problems, problem{row, i, typeMismatch})
			c.AppendDefault()
			continue
		}
		c.AppendBytes(buf)
	}
	return nil
}
