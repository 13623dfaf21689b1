package ndjson

import (
	"bytes"
	"context"
	"errors"
	"io"

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

// Decoder implements format.Reader. The error is Invalid where a column's path
// and type don't go together.
func (Format) Decoder(ctx context.Context, in format.Input, columns []format.Column, opts format.ReadOptions) (format.Decoder, error) {
	if len(columns) == 0 {
		return nil, fault.New(fault.Invalid, "read %s: no columns", in.Name)
	}
	w, err := open(in, &opts)
	if err != nil {
		return nil, err
	}
	d := &decoder{ctx: ctx, name: in.Name, w: w, columns: columns, opts: opts}
	if r := opts.Range; r != nil {
		d.row, d.line = r.From.Rows, r.From.Lines
	}
	if err := d.plan(); err != nil {
		return nil, wrap(in.Name, err)
	}
	return d, nil
}

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
	return w, wrap(in.Name, linesOf(w.Head()))
}

// linesOf returns an Invalid error for a file that begins as JSON does, but not as
// an object per line.
func linesOf(head []byte) error {
	const spaces = " \t\r\n"
	inside, isArray := bytes.CutPrefix(bytes.TrimLeft(head, spaces), []byte("["))
	switch {
	case isArray && bytes.HasPrefix(bytes.TrimLeft(inside, spaces), []byte("{")):
		return fault.WithRemedy(fault.New(fault.Invalid, "the file is a JSON array of objects"), "write an object per line: jq -c '.[]'")
	case bytes.IndexByte(bytes.TrimSuffix(head, []byte("\n")), '\n') < 0 && bytes.Contains(head, []byte("}\r{")):
		return fault.WithRemedy(fault.New(fault.Invalid, "lines end in a carriage return alone"), "end lines in line feeds")
	}
	return nil
}

func wrap(name string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return fault.New(fault.KindOf(err), "read %s: %w", name, err)
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
