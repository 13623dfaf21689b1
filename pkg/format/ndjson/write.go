package ndjson

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/text"
)

// Frame implements format.Writer: nothing stands around lines.
func (Format) Frame(schema *arrow.Schema, _ format.WriteOptions) (format.Frame, error) {
	if _, err := text.NewObject(schema); err != nil {
		return nil, err
	}
	return frame{}, nil
}

type frame struct{}

func (frame) Opening() []byte                          { return nil }
func (frame) Separator() []byte                        { return nil }
func (frame) Closing([]format.Segment) ([]byte, error) { return nil, nil }

// Encoder implements format.Writer.
func (Format) Encoder(schema *arrow.Schema, _ format.WriteOptions) (format.Encoder, error) {
	object, err := text.NewObject(schema)
	if err != nil {
		return nil, err
	}
	return &encoder{object}, nil
}

type encoder struct{ object *text.Object }

// Encode implements format.Encoder.
func (e *encoder) Encode(dst []byte, rows arrow.Record) ([]byte, error) {
	e.object.Bind(rows)
	for i := range int(rows.NumRows()) {
		dst = append(e.object.Append(dst, i), '\n')
	}
	return dst, nil
}

// Flush implements format.Encoder.
func (e *encoder) Flush(dst []byte) (out, meta []byte, err error) { return dst, nil, nil }
