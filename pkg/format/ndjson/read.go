package ndjson

import (
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
	if err := d.plan(); err != nil {
		return nil, wrap(in.Name, err)
	}
	return d, nil
}

// open returns a window that stands behind the file's byte order mark, and sets
// the options that weren't given.
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
	w := window.New(in.Stream, opts.MaxRowBytes)
	switch err := w.Fill(); {
	case errors.Is(err, io.EOF), errors.Is(err, window.ErrLong):
	case err != nil:
		return nil, wrap(in.Name, err)
	}
	return w, wrap(in.Name, w.SkipBOM())
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
