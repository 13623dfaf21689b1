package ndjson

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/textvalue"
)

// Codes of rows that are wrong as a whole, beside those of textvalue.
const (
	codeNoObject = "not a JSON object"
	codeLong     = "row too long"
)

// failure collects what is wrong with a row, while it is walked again.
type failure struct {
	errors []format.ColumnError
	values []*string
	failed map[*leaf]bool
}

// diagnose walks a row again that failed with p, and rejects it. It reports
// whether the row is a JSON object, if not one that fits.
func (d *decoder) diagnose(row []byte, p textvalue.Problem) (whole bool) {
	d.failed = &failure{values: make([]*string, len(d.columns)), failed: map[*leaf]bool{}}
	f := d.failed
	isUTF8 := d.w.Valid || utf8.Valid(row)
	if isUTF8 {
		d.s.Reset(row)
		d.s.Peek()
		p = d.walk()
	}
	switch {
	case !isUTF8:
		f.add(p.String(), "the row is not UTF-8")
	case p == textvalue.NotAMap && d.s.Data[d.s.Pos] != '{' && len(f.errors) == 0:
		f.add(codeNoObject, "the row is not a JSON object")
	case p != textvalue.OK:
		f.add(p.String(), fmt.Sprintf("%s at byte %d of the row", p, d.s.Pos+1))
	}
	d.failed = nil
	slices.SortStableFunc(f.errors, func(a, b format.ColumnError) int { return d.order(a.Column) - d.order(b.Column) })
	if len(d.opts.Refuse) > 0 {
		f.errors = d.opts.Refuse
	}
	d.reject(row, f)
	return isUTF8 && p == textvalue.OK
}

// forget takes back what the unknown fields but the first known ones taught: they
// were seen in a row that is no JSON, so nobody knows whether they are fields.
func (d *decoder) forget(known int) {
	d.unknown = d.unknown[:known]
	d.grow()
}

// order returns the place of a column's errors: those of the row come first.
func (d *decoder) order(column string) int {
	return slices.IndexFunc(d.columns, func(c format.Column) bool { return c.Name == column })
}

func (f *failure) add(code, detail string) {
	f.errors = append(f.errors, format.ColumnError{Code: code, Detail: detail})
}

// fail notes that a leaf has a problem. It returns the problem when the row is
// walked for the first time, and OK, to find more, when it is being diagnosed.
func (d *decoder) fail(l *leaf, p textvalue.Problem, text []byte) textvalue.Problem {
	f := d.failed
	if f == nil {
		return p
	}
	l.mark = d.scope
	if !f.failed[l] {
		f.failed[l] = true
		c := d.columns[l.index]
		f.errors = append(f.errors, p.Explain(c.Name, c.Type, text))
	}
	return textvalue.OK
}

// failAll is fail for all leaves below a node.
func (d *decoder) failAll(n *node, p textvalue.Problem) textvalue.Problem {
	result := textvalue.OK
	n.below(func(l *leaf) {
		if bad := d.fail(l, p, nil); bad != textvalue.OK {
			result = bad
		}
	})
	return result
}

// twice is the problem of a key that was in the object before.
func (d *decoder) twice(n *node, name string) textvalue.Problem {
	if d.failed == nil {
		return textvalue.TwiceGiven
	}
	code := textvalue.TwiceGiven.String()
	d.failed.add(code, fmt.Sprintf("%s: %q", code, n.inside(name)))
	return d.s.Skip()
}

// leafSlowly reads the value of a column in a row that is being diagnosed.
func (d *decoder) leafSlowly(l *leaf) textvalue.Problem {
	s := &d.s
	s.Peek()
	start := s.Pos
	if p := s.Skip(); p != textvalue.OK {
		return p
	}
	end := s.Pos
	text := d.keep(l, s.Data[start:end])
	s.Pos = start
	l.mark = d.scope
	if p := l.nested.Append(l.target, s); p != textvalue.OK {
		if p == textvalue.Null {
			text = nil
		}
		d.fail(l, p, text)
	}
	s.Pos = end
	return textvalue.OK
}

// keep notes the text of a column's value for the reject: a string's content,
// else the JSON.
func (d *decoder) keep(l *leaf, value []byte) []byte {
	if d.failed == nil {
		return nil
	}
	text := slices.Clone(value)
	if value[0] == '"' {
		s := textvalue.Scanner{Data: value}
		if content, p := s.String(); p == textvalue.OK {
			text = append(text[:0], content...)
		}
	}
	if string(value) != "null" && len(l.columns) == 1 {
		v := string(text)
		d.failed.values[l.index] = &v
	}
	return text
}

// keepArray notes an array for all columns that read its elements.
func (d *decoder) keepArray(n *node) {
	if d.failed == nil || n.level > 0 {
		return
	}
	start := d.s.Pos
	if d.s.Skip() == textvalue.OK {
		for _, l := range n.all {
			v := string(d.s.Data[start:d.s.Pos])
			d.failed.values[l.index] = &v
		}
	}
	d.s.Pos = start
}

func (d *decoder) reject(row []byte, f *failure) {
	for i, v := range f.values {
		if v != nil {
			valid := string(bytes.ToValidUTF8([]byte(*v), []byte("\uFFFD")))
			f.values[i] = &valid
		}
	}
	r := format.Reject{
		Row: d.row + 1, Line: d.line + 1, Offset: d.w.Offset(d.w.Pos), RowGroup: -1,
		Raw: textvalue.CutRaw(row), Values: f.values, Errors: f.errors,
	}
	d.rejects = append(d.rejects, r)
}

// rejectLong rejects the line at Pos, which is longer than a row may be.
func (d *decoder) rejectLong() error {
	f := &failure{values: make([]*string, len(d.columns))}
	f.add(codeLong, fmt.Sprintf("the row has more than %d bytes", d.opts.MaxRowBytes))
	d.reject(d.w.Row(), f)
	d.row++
	d.line++
	if _, err := d.w.SkipLine(); err != nil && err != io.EOF {
		return err
	}
	return nil
}
