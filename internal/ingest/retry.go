package ingest

import (
	"bytes"
	"cmp"
	"context"
	stdcsv "encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// candidate is a quarantined row that is tried again.
type candidate struct {
	clickhouse.QuarantineRow
	text []byte               // all of the row
	read bool                 // the text was read from the file: the quarantine has its beginning alone
	errs []format.ColumnError // why the row doesn't fit; none: it does
}

// dialect is how the rows of a file are read: what a row's text alone doesn't say.
type dialect struct{ format, fields, delimiter string }

func dialectOf(r clickhouse.QuarantineRow) dialect {
	return dialect{r.Format, r.Fields, r.Delimiter}
}

// alike reports whether two rows can be decoded together. Of Parquet those of one
// file: what its fields are is told by a row.
func alike(a, b clickhouse.QuarantineRow) bool {
	return dialectOf(a) == dialectOf(b) && (a.Format != string(def.Parquet) || a.Key == b.Key && a.ETag == b.ETag)
}

// Reasons why a quarantined row can't be decoded again from its text.
const (
	reasonUnknown = "how the row is read is not known"
	reasonRows    = "not one row"
)

// rawKept is how much of a row a quarantine keeps, in bytes. See format.Reject.
const rawKept = 64 << 10

func wholly(code, detail string) []format.ColumnError {
	return []format.ColumnError{{Code: code, Detail: code + ": " + detail}}
}

// again decodes rows that are read alike by the job's columns, and notes why those
// that don't fit do not. It returns the block of the others.
func (j *job) again(ctx context.Context, rows []*candidate) (*block.Block, error) {
	b := new(block.Block)
	together, err := j.try(ctx, b, rows)
	if err != nil || together {
		return b, err
	}
	var fit []*candidate
	for _, row := range rows {
		if row.errs == nil {
			fit = append(fit, row)
		}
	}
	return j.fill(ctx, fit)
}

// try is again where all rows can be decoded at once. Where some of their texts
// make no row or several, or run into the next, rows are tried in halves, at last
// alone: it then says so, and the block is of some of them.
func (j *job) try(ctx context.Context, b *block.Block, rows []*candidate) (together bool, err error) {
	if len(rows) == 0 {
		return true, nil
	}
	d, err := j.decodeAgain(ctx, b, rows)
	switch {
	case err != nil && !fault.Is(err, fault.Invalid):
		return false, err
	case err == nil && d.aligned:
		for _, r := range d.rejects {
			rows[r.Row-1].errs = r.Errors
		}
		return true, nil
	case len(rows) == 1:
		rows[0].errs = d.alone(err)
		return false, nil
	}
	half := len(rows) / 2
	for _, part := range [][]*candidate{rows[:half], rows[half:]} {
		if _, err := j.try(ctx, b, part); err != nil {
			return false, err
		}
	}
	return false, nil
}

// fill makes the block of rows that fit, and are read alike.
func (j *job) fill(ctx context.Context, rows []*candidate) (*block.Block, error) {
	b := new(block.Block)
	if len(rows) == 0 {
		return b, nil
	}
	_, err := j.decodeAgain(ctx, b, rows)
	return b, err
}

// decoded is what came of the texts of rows.
type decoded struct {
	aligned bool // each text made a row, accepted or rejected: Reject.Row tells which
	rejects []format.Reject
}

// alone says why the text of a single row made none.
func (d decoded) alone(err error) []format.ColumnError {
	switch {
	case err != nil:
		return wholly(reasonUnreadable, err.Error())
	case len(d.rejects) > 0:
		return d.rejects[0].Errors
	}
	return wholly(reasonRows, "its text makes no row, or several")
}

// decodeAgain decodes the texts of rows as a file that has no others.
func (j *job) decodeAgain(ctx context.Context, b *block.Block, rows []*candidate) (d decoded, err error) {
	columns, opts, name := j.columns, j.opts, rows[0].Format
	switch name {
	case string(def.Parquet):
		name = string(def.NDJSON) // its rows are kept as JSON
		columns = nestedColumns(columns, rows[0].text)
	case string(def.CSV):
		if opts.CSV.Delimiter == 0 {
			opts.CSV.Delimiter = first(rows[0].Delimiter)
		}
		opts.CSV.Header = format.HeaderNo
		if opts.CSV.Fields, err = fieldsOf(rows[0].Fields, opts.CSV.Delimiter); err != nil {
			return d, err
		}
	}
	reader, err := j.reader(name)
	if err != nil {
		return d, err
	}
	text, starts := joined(rows)
	opts.BlockBytes = len(text) + 1
	if d.aligned, err = rowsBegin(ctx, reader, text, starts, columns, opts); err != nil {
		return d, err
	}
	if len(rows) > 1 && !d.aligned {
		return d, nil // in parts it will be
	}
	decoder, err := reader.Decoder(ctx, quarantined(text), columns, opts)
	if err != nil {
		return d, err
	}
	defer decoder.Close()
	consumed, err := decoder.Next(b, len(rows)+1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	d.rejects, d.aligned = decoder.Rejected(), d.aligned && consumed == len(rows)
	return d, err
}

func quarantined(text []byte) format.Input {
	return format.Input{Name: "the quarantine", Stream: bytes.NewReader(text), Size: int64(len(text))}
}

// joined returns the texts of rows as lines, and where each begins; the last is
// where they end.
func joined(rows []*candidate) (text []byte, starts []int64) {
	for _, row := range rows {
		starts = append(starts, int64(len(text)))
		text = append(append(text, row.text...), '\n')
	}
	return text, append(starts, int64(len(text)))
}

// rowsBegin reports whether rows of a text begin at the given places, the last of
// which is its end, and nowhere else. A text that was malformed in its file may
// swallow the next one here, or be blank.
func rowsBegin(ctx context.Context, reader format.Reader, text []byte, starts []int64, columns []format.Column, opts format.ReadOptions) (bool, error) {
	splitter, ok := reader.(format.Splitter)
	if !ok {
		return false, nil
	}
	opts, begin, err := splitter.Start(ctx, quarantined(text), columns, opts)
	if err != nil || begin.Offset != 0 {
		return false, err
	}
	end := starts[len(starts)-1]
	marks, err := splitter.Scan(ctx, quarantined(text), opts, format.Stretch{Sure: true, First: len(starts), Ends: []int64{end}})
	if err != nil || len(marks) != len(starts) {
		return false, err
	}
	for i, m := range marks {
		if m.Offset != starts[i] || m.Rows != int64(i) || m.Blanks > 0 {
			return false, nil
		}
	}
	return true, nil
}

// fieldsOf returns the names of a CSV file's fields, which header wrote.
func fieldsOf(header string, delimiter byte) ([]string, error) {
	if header == "" {
		return nil, nil
	}
	r := stdcsv.NewReader(strings.NewReader(header))
	r.Comma, r.LazyQuotes = rune(cmp.Or(delimiter, ',')), true
	names, err := r.Read()
	if err != nil {
		return nil, fault.New(fault.Invalid, "read the header %q: %w", header, err)
	}
	return names, nil
}

// nestedColumns gives columns of a Parquet file the paths that they have in its
// rows as JSON: a name with dots that no field has means the fields of structs.
func nestedColumns(columns []format.Column, row []byte) []format.Column {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(row, &fields) // of a row that is no JSON the decoder will say so
	out := make([]format.Column, len(columns))
	for i, c := range columns {
		path := c.Path
		if len(path) == 0 {
			path = schema.FieldPath(c.Name)
		}
		if len(path) == 1 && path[0].Kind == schema.StepField && strings.Contains(path[0].Field, ".") && fields[path[0].Field] == nil {
			var steps schema.Path
			for name := range strings.SplitSeq(path[0].Field, ".") {
				steps = append(steps, schema.Step{Field: name})
			}
			path = steps
		}
		c.Path = path
		out[i] = c
	}
	return out
}
