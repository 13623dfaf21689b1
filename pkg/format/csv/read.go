package csv

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/internal/window"
	"github.com/longshore/longshore/pkg/schema"
)

const (
	defaultMaxRow     = 64 << 20
	defaultBlockBytes = 64 << 20
	defaultSampleRows = 10_000
)

// Decoder implements format.Reader. It reads the beginning of the file: the
// header, and what tells the delimiter.
func (Format) Decoder(ctx context.Context, in format.Input, columns []format.Column, opts format.ReadOptions) (format.Decoder, error) {
	if len(columns) == 0 {
		return nil, fault.New(fault.Invalid, "read %s: no columns", in.Name)
	}
	w, err := open(in, &opts)
	if err != nil {
		return nil, err
	}
	d := newDecoder(ctx, in.Name, w, columns, opts)
	if err := d.begin(); err != nil {
		return nil, wrap(in.Name, err)
	}
	return d, nil
}

// defaultNull is what ClickHouse, MySQL and PostgreSQL's text format write for
// a null. Quoted, it is a text like any other.
const defaultNull = `\N`

// open returns a window that stands behind the file's byte order mark, or at the
// beginning of the range, and sets the options that weren't given.
func open(in format.Input, opts *format.ReadOptions) (*window.Window, error) {
	if opts.MaxRowBytes <= 0 {
		opts.MaxRowBytes = defaultMaxRow
	}
	if opts.BlockBytes <= 0 {
		opts.BlockBytes = defaultBlockBytes
	}
	if opts.SampleRows <= 0 {
		opts.SampleRows = defaultSampleRows
	}
	if opts.CSV.Null == "" {
		opts.CSV.Null = defaultNull
	}
	if opts.CSV.Quote == 0 {
		opts.CSV.Quote = '"'
	}
	if r := opts.Range; r != nil {
		return window.NewAt(in.Stream, opts.MaxRowBytes, r.From.Offset), nil
	}
	w := window.New(in.Stream, opts.MaxRowBytes)
	switch err := w.Fill(); {
	case errors.Is(err, io.EOF), errors.Is(err, window.ErrLong):
	case err != nil:
		return nil, wrap(in.Name, err)
	}
	if err := w.SkipBOM(); err != nil {
		return nil, wrap(in.Name, err)
	}
	if opts.CSV.Delimiter == 0 {
		opts.CSV.Delimiter = sniff(w.Head(), opts.CSV)
	}
	if endsInCR(w.Head(), newSplitter(opts.CSV)) {
		err := fault.New(fault.Invalid, "read %s: lines end in a carriage return alone", in.Name)
		return nil, fault.WithRemedy(err, "end lines in line feeds")
	}
	return w, nil
}

// endsInCR reports whether there is one line feed at most, at the end, in a file
// with carriage returns outside of quotes. Else all of it would be its header.
func endsInCR(head []byte, s *splitter) bool {
	if at := bytes.IndexByte(head, '\n'); at >= 0 && at < len(head)-1 || bytes.IndexByte(head, '\r') < 0 {
		return false
	}
	_, how := s.split(head)
	return how == afterText || how == whole && slices.ContainsFunc(s.fields, func(f field) bool {
		return !f.quoted && bytes.IndexByte(f.text, '\r') >= 0
	})
}

func wrap(name string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return fault.New(fault.KindOf(err), "read %s: %w", name, err)
}

// pathName is what a column is called in a header.
func pathName(c format.Column) string {
	if c.Path == nil {
		return c.Name
	}
	return c.Path.Name()
}

// Infer implements format.Reader.
func (Format) Infer(ctx context.Context, in format.Input, opts format.ReadOptions) (schema.Inference, error) {
	w, err := open(in, &opts)
	if err != nil {
		return schema.Inference{}, err
	}
	inf, err := infer(ctx, w, opts)
	return inf, wrap(in.Name, err)
}
