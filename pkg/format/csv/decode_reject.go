package csv

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/textvalue"
	"github.com/longshore/longshore/pkg/schema"
)

// Codes of rows that are wrong as a whole.
const (
	codeFields = "wrong number of fields"
	codeOpen   = "quote is not closed"
	codeAfter  = "text after a closing quote"
	codeLong   = "row too long"
)

// slow places or rejects the row at Pos.
func (d *decoder) slow(dst *block.Block) error {
	if d.w.TooLong(lineEnd(d.w) - d.w.Pos) {
		return d.rejectLong()
	}
	end, how, err := splitMore(d.w, d.split)
	if err != nil {
		return err
	}
	raw := d.w.Buf[d.w.Pos:end]
	if len(d.opts.Refuse) > 0 && how == whole && len(d.targets) > 1 && blank(d.split.fields) {
		d.line++
		d.w.Pos = end
		return nil
	}
	fields := d.split.padded(how, len(d.targets))
	var errs []format.ColumnError
	switch {
	case len(d.opts.Refuse) > 0:
		errs = d.opts.Refuse
	case how == openQuote:
		errs = append(errs, whollyWrong(codeOpen, "a quoted field has no end"))
	case how == afterText:
		errs = append(errs, whollyWrong(codeAfter, "a quoted field ends before its field does"))
	case !utf8.Valid(raw):
		errs = append(errs, whollyWrong(textvalue.NotUTF8.String(), "the row is not UTF-8"))
	case len(fields) != len(d.targets):
		errs = append(errs, whollyWrong(codeFields, fmt.Sprintf("%d fields, want %d", len(fields), len(d.targets))))
	default:
		errs = d.place(dst, fields)
	}
	if len(errs) == 0 {
		d.filled++
	} else {
		dst.Truncate(d.filled)
		d.reject(raw, d.values(fields, how), errs)
	}
	d.row++
	d.line += int64(bytes.Count(raw, []byte{'\n'}))
	d.w.Pos = end
	return nil
}

func whollyWrong(code, detail string) format.ColumnError {
	return format.ColumnError{Code: code, Detail: detail}
}

// place appends a row to all columns and returns what is wrong with each.
func (d *decoder) place(dst *block.Block, fields []field) (errs []format.ColumnError) {
	for col, at := range d.byCol {
		c, column := d.columns[col], dst.Columns[col]
		p, text := textvalue.OK, []byte(nil)
		switch {
		case at < 0 && column.AcceptsNull():
			column.AppendNull()
		case at < 0:
			p = textvalue.Missing
		default:
			t := d.targetOf(col)
			p, text = d.placeField(t, fields[at]), fields[at].text
		}
		if p == textvalue.Null {
			text = nil
		}
		if p != textvalue.OK {
			errs = append(errs, p.Explain(c.Name, c.Type, text))
		}
	}
	return errs
}

func (d *decoder) placeField(t *target, f field) textvalue.Problem {
	if f.quoted || !d.isNull(f.text) {
		return t.parse(t.column, f.text)
	}
	switch {
	case len(f.text) == 0 && t.empty:
		t.column.AppendBytes(nil)
	case !t.nulls:
		return textvalue.Null
	default:
		t.column.AppendNull()
	}
	return textvalue.OK
}

func (d *decoder) targetOf(col int) *target {
	t := &d.targets[d.byCol[col]]
	for t.index != col {
		t = t.also
	}
	return t
}

// values returns each column's text. A row that couldn't be cut has none.
func (d *decoder) values(fields []field, how outcome) []*string {
	values := make([]*string, len(d.columns))
	if how != whole {
		return values
	}
	for col, at := range d.byCol {
		if at < 0 || at >= len(fields) {
			continue
		}
		f := fields[at]
		if f.quoted || !d.isNull(f.text) || len(f.text) == 0 && d.columns[col].Type.Base().Kind == schema.String && !d.targetOf(col).nulls {
			text := string(bytes.ToValidUTF8(f.text, []byte("\uFFFD")))
			values[col] = &text
		}
	}
	return values
}

func (d *decoder) reject(raw []byte, values []*string, errs []format.ColumnError) {
	r := format.Reject{
		Row: d.row + 1, Line: d.line + 1, Offset: d.w.Offset(d.w.Pos), RowGroup: -1,
		Raw: textvalue.CutRaw(raw), Values: values, Errors: errs,
	}
	d.rejects = append(d.rejects, r)
}

// rejectLong rejects the line at Pos, which is longer than a row may be.
func (d *decoder) rejectLong() error {
	d.reject(d.w.Row(), make([]*string, len(d.columns)), []format.ColumnError{
		whollyWrong(codeLong, fmt.Sprintf("the row has more than %d bytes", d.opts.MaxRowBytes)),
	})
	d.row++
	d.line++
	if _, err := d.w.SkipLine(); err != nil && !d.w.AtEnd() {
		return err
	}
	return nil
}
