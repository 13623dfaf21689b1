// Package json is one JSON array of objects, one per row. It is written only.
//
//	[␊                                   Opening
//	{"id":1,"name":"Smith, John"},␊      segment: rows, a comma and line feed
//	{"id":2,"name":null}                 between two of them
//	,␊                                   Separator
//	{"id":3,"name":""}                   segment
//	␊]␊                                  Closing
//
// What must stay true: whatever segments an object has, in whatever order, it is
// one valid JSON document, and each row stands on a line of its own.
package json

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/text"
)

// separator stands between two rows, within a segment and between segments.
const separator = ",\n"

// Format is the driver of JSON files. It holds no state.
type Format struct{}

// Traits implements format.Writer.
func (Format) Traits() format.Traits {
	return format.Traits{Name: "json", Extension: ".json", MediaType: "application/json"}
}

// Frame implements format.Writer.
func (Format) Frame(schema *arrow.Schema, _ format.WriteOptions) (format.Frame, error) {
	if _, err := text.NewObject(schema); err != nil {
		return nil, err
	}
	return frame{}, nil
}

type frame struct{}

func (frame) Opening() []byte   { return []byte("[\n") }
func (frame) Separator() []byte { return []byte(separator) }

func (frame) Closing(segments []format.Segment) ([]byte, error) {
	if len(segments) == 0 {
		return []byte("]\n"), nil
	}
	return []byte("\n]\n"), nil
}

// Encoder implements format.Writer.
func (Format) Encoder(schema *arrow.Schema, _ format.WriteOptions) (format.Encoder, error) {
	object, err := text.NewObject(schema)
	if err != nil {
		return nil, err
	}
	return &encoder{object: object}, nil
}
