package ingest

import (
	"bytes"
	"context"
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

// dialect is how the rows of a file are read: what a row's text alone doesn't say.
type dialect struct{ format, fields, delimiter string }

func dialectOf(r clickhouse.QuarantineRow) dialect {
	return dialect{r.Format, r.Fields, r.Delimiter}
}

// Reasons why a quarantined row can't be decoded again from what is kept of it.
const (
	reasonCut     = "only the row's beginning is kept"
	reasonUnknown = "how the row is read is not known"
	reasonRows    = "not one row"
)

// rawKept is how much of a row a quarantine keeps, in bytes. See format.Reject.
const rawKept = 64 << 10

// again decodes a quarantined row by the job's columns. It returns why it doesn't
// fit, or nothing.
func (j *job) again(ctx context.Context, r clickhouse.QuarantineRow) ([]format.ColumnError, error) {
	switch {
	case len(r.Raw) >= rawKept:
		return wholly(reasonCut, "the quarantine keeps the first 64 KiB of a row; upload it in a file of its own"), nil
	case r.Format == "":
		return wholly(reasonUnknown, "it was quarantined by a version that did not keep that"), nil
	}
	var b block.Block
	consumed, rejects, err := j.decodeAgain(ctx, &b, dialectOf(r), [][]byte{r.Raw})
	switch {
	case fault.Is(err, fault.Invalid):
		return wholly("unreadable", err.Error()), nil
	case err != nil:
		return nil, err
	case len(rejects) > 0:
		return rejects[0].Errors, nil
	case consumed != 1 || b.Rows() != 1:
		return wholly(reasonRows, "its text makes no row, or several"), nil
	}
	return nil, nil
}

func wholly(code, detail string) []format.ColumnError {
	return []format.ColumnError{{Code: code, Detail: code + ": " + detail}}
}

// decodeAgain decodes the texts of rows as a file that has no others.
func (j *job) decodeAgain(ctx context.Context, b *block.Block, how dialect, raws [][]byte) (consumed int, rejects []format.Reject, err error) {
	columns, opts, name := j.columns, j.opts, how.format
	var text []byte
	switch name {
	case string(def.Parquet):
		name = string(def.NDJSON) // its rows are kept as JSON
		columns = nestedColumns(columns, raws)
	case string(def.CSV):
		if opts.CSV.Delimiter == 0 {
			opts.CSV.Delimiter = first(how.delimiter)
		}
		opts.CSV.Header = format.HeaderNo
		if how.fields != "" {
			opts.CSV.Header = format.HeaderYes
			text = append([]byte(how.fields), '\n')
		}
	}
	for _, raw := range raws {
		text = append(append(text, raw...), '\n')
	}
	reader, err := j.reader(name)
	if err != nil {
		return 0, nil, err
	}
	decoder, err := reader.Decoder(ctx, format.Input{Name: "the quarantine", Stream: bytes.NewReader(text)}, columns, opts)
	if err != nil {
		return 0, nil, err
	}
	defer decoder.Close()
	consumed, err = decoder.Next(b, len(raws)+1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return consumed, decoder.Rejected(), err
}

// nestedColumns gives columns of a Parquet file the paths that they have in its
// rows as JSON: a name with dots that no field has means the fields of structs.
func nestedColumns(columns []format.Column, raws [][]byte) []format.Column {
	out := make([]format.Column, len(columns))
	for i, c := range columns {
		path := c.Path
		if len(path) == 0 {
			path = schema.FieldPath(c.Name)
		}
		if len(path) == 1 && path[0].Kind == schema.StepField && strings.Contains(path[0].Field, ".") && !hasField(raws, path[0].Field) {
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

// hasField reports whether the rows, which are of one shape, have a field.
func hasField(raws [][]byte, name string) bool {
	var fields map[string]json.RawMessage
	return len(raws) > 0 && json.Unmarshal(raws[0], &fields) == nil && fields[name] != nil
}
