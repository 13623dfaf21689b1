package csv

import (
	"context"
	"fmt"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/internal/window"
	"github.com/longshore/longshore/pkg/schema"
)

// infer looks at the first rows of a file. Rows that don't have as many fields
// as the first are counted as malformed.
func infer(ctx context.Context, w *window.Window, opts format.ReadOptions) (schema.Inference, error) {
	s := newSplitter(opts.CSV)
	inf := schema.Inference{Delimiter: opts.CSV.Delimiter}
	names, blanks, err := inferNames(w, s, opts.CSV, &inf)
	if err != nil || names == nil {
		return inf, err
	}
	samples := make([]schema.Sample, len(names))
	addBlanks(samples, blanks, &inf)
	for inf.Rows < int64(opts.SampleRows) {
		if err := ctx.Err(); err != nil {
			return inf, err
		}
		ok, err := inferRow(w, s, opts.CSV, samples, &inf)
		if err != nil {
			return inf, err
		}
		if !ok {
			break
		}
	}
	if inf.Malformed > 0 && inf.Malformed == inf.Rows {
		return inf, fault.New(fault.Invalid, "not CSV: none of the first %d lines has the %d fields of the header", inf.Rows, len(names))
	}
	for i := range samples {
		inf.Fields = append(inf.Fields, samples[i].Field(schema.FieldPath(names[i]), schema.InferOptions{}))
	}
	schema.UniqueNames(inf.Fields)
	return inf, nil
}

// inferNames returns the fields' names, from the header if there is one, and how
// many blank lines it went past that aren't before a header. It returns nil for an
// empty file.
func inferNames(w *window.Window, s *splitter, opts format.CSVReadOptions, inf *schema.Inference) (names []string, blanks int64, err error) {
	if opts.Fields != nil {
		return opts.Fields, 0, nil
	}
	fields, end, err := firstRow(w, s, &blanks)
	if err != nil || fields == nil {
		return nil, 0, err
	}
	if opts.Header == format.HeaderYes || opts.Header == format.HeaderAuto && looksLikeNames(fields) {
		if err := checkHeader(w.Buf[w.Pos:end]); err != nil {
			return nil, 0, err
		}
		names := headerNames(fields)
		inf.Header, w.Pos = true, end
		return names, 0, nil
	}
	names = make([]string, len(fields))
	for i := range names {
		names[i] = fmt.Sprintf("column_%d", i+1)
	}
	return names, blanks, nil
}

// addBlanks counts blank lines: each is a null where there is one field, and
// nothing where there are more.
func addBlanks(samples []schema.Sample, lines int64, inf *schema.Inference) {
	if len(samples) == 1 {
		samples[0].Null(lines)
		inf.Rows += lines
	}
}

// inferRow adds the next row to the samples. It returns false at the file's end.
func inferRow(w *window.Window, s *splitter, opts format.CSVReadOptions, samples []schema.Sample, inf *schema.Inference) (bool, error) {
	var line int64
	fields, end, err := firstRow(w, s, &line)
	addBlanks(samples, line, inf)
	if err != nil {
		if fault.Is(err, fault.Invalid) && inf.Rows > 0 {
			inf.Rows, inf.Malformed = inf.Rows+1, inf.Malformed+1
			_, err = w.SkipLine()
			return err == nil, nil
		}
		return false, err
	}
	if fields == nil {
		return false, nil
	}
	w.Pos = end
	inf.Rows++
	fields = s.padded(whole, len(samples))
	if len(fields) != len(samples) {
		inf.Malformed++
		return true, nil
	}
	for i, f := range fields {
		text := string(f.text)
		if !f.quoted && (text == "" || text == opts.Null) {
			samples[i].Null(1)
			continue
		}
		samples[i].Add(inf.Rows, schema.Classify(text), text)
	}
	return true, nil
}
