package json

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/format/text"
)

type encoder struct {
	object *text.Object
	begun  bool // the segment has a row
}

// Encode implements format.Encoder.
func (e *encoder) Encode(dst []byte, rows arrow.Record) ([]byte, error) {
	e.object.Bind(rows)
	for i := range int(rows.NumRows()) {
		if e.begun {
			dst = append(dst, separator...)
		}
		e.begun = true
		dst = e.object.Append(dst, i)
	}
	return dst, nil
}

// Flush implements format.Encoder.
func (e *encoder) Flush(dst []byte) (out, meta []byte, err error) { return dst, nil, nil }
