package ndjson

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/internal/window"
	"github.com/longshore/longshore/pkg/format/textvalue"
)

// Row implements format.RowReader.
func (Format) Row(_ context.Context, in format.Input, _ int64, opts format.ReadOptions) ([]byte, error) {
	opts.Range = &format.Range{} // its first bytes are not the file's
	w, err := open(in, &opts)
	if err != nil {
		return nil, err
	}
	defer w.Release()
	switch err := w.Fill(); {
	case errors.Is(err, window.ErrLong):
		return nil, wrap(in.Name, format.ErrRowTooLong)
	case errors.Is(err, io.EOF):
		return nil, fault.New(fault.Invalid, "read %s: it ends before the row", in.Name)
	case err != nil:
		return nil, wrap(in.Name, err)
	}
	row := w.Buf[w.Pos:w.Limit]
	row = row[:bytes.IndexByte(row, '\n')+1]
	if w.TooLong(len(row)) {
		return nil, wrap(in.Name, format.ErrRowTooLong)
	}
	return slices.Clone(textvalue.WithoutEnding(row)), nil
}
