package text

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/pkg/batch"
)

// bytesValue returns the renderer of strings or bytes, or nil.
func bytesValue(s style, t arrow.DataType, logical batch.Logical) value {
	switch t := t.(type) {
	case *arrow.StringType:
		v := strings[int32]{of: func(a arrow.Array) ([]int32, []byte) {
			s := a.(*array.String)
			return s.ValueOffsets(), s.ValueBytes()
		}}
		return stringValue(s, v, logical)
	case *arrow.LargeStringType:
		v := strings[int64]{of: func(a arrow.Array) ([]int64, []byte) {
			s := a.(*array.LargeString)
			return s.ValueOffsets(), s.ValueBytes()
		}}
		return stringValue(s, v, logical)
	case *arrow.BinaryType:
		return s.text(&hexes[int32]{strings[int32]{of: func(a arrow.Array) ([]int32, []byte) {
			s := a.(*array.Binary)
			return s.ValueOffsets(), s.ValueBytes()
		}}, s.json})
	case *arrow.LargeBinaryType:
		return s.text(&hexes[int64]{strings[int64]{of: func(a arrow.Array) ([]int64, []byte) {
			s := a.(*array.LargeBinary)
			return s.ValueOffsets(), s.ValueBytes()
		}}, s.json})
	case *arrow.FixedSizeBinaryType:
		if logical == batch.UUID && t.ByteWidth == 16 {
			return s.text(&uuids{})
		}
		return s.text(&fixedHexes{json: s.json})
	}
	return nil
}

func stringValue[O int32 | int64](s style, v strings[O], logical batch.Logical) value {
	switch {
	case !s.json:
		return &v
	case logical == batch.JSON:
		return &documents[O]{v}
	case logical == batch.DecimalText:
		return &decimalTexts[O]{v}
	}
	return &jsonStrings[O]{v}
}

// strings renders strings as they are, and is what the other kinds of strings
// are made of.
type strings[O int32 | int64] struct {
	of      func(arrow.Array) (offsets []O, bytes []byte)
	offsets []O
	bytes   []byte // of all values, the first at offsets[0]
}

func (v *strings[O]) bind(arr arrow.Array) { v.offsets, v.bytes = v.of(arr) }

func (v *strings[O]) at(i int) []byte {
	first := v.offsets[0]
	return v.bytes[v.offsets[i]-first : v.offsets[i+1]-first]
}

func (v *strings[O]) append(dst []byte, i int) []byte { return append(dst, v.at(i)...) }

type jsonStrings[O int32 | int64] struct{ strings[O] }

func (v *jsonStrings[O]) append(dst []byte, i int) []byte { return AppendJSONString(dst, v.at(i)) }

type documents[O int32 | int64] struct{ strings[O] }

func (v *documents[O]) append(dst []byte, i int) []byte { return AppendJSONDocument(dst, v.at(i)) }

type decimalTexts[O int32 | int64] struct{ strings[O] }

func (v *decimalTexts[O]) append(dst []byte, i int) []byte { return AppendJSONNumber(dst, v.at(i)) }

type hexes[O int32 | int64] struct {
	strings[O]
	json bool
}

func (v *hexes[O]) append(dst []byte, i int) []byte { return appendHex(dst, v.at(i), v.json) }

// appendHex is AppendHex, in JSON with its backslash escaped.
func appendHex(dst, v []byte, json bool) []byte {
	if json {
		dst = append(dst, '\\')
	}
	return AppendHex(dst, v)
}

type fixedHexes struct {
	json  bool
	array *array.FixedSizeBinary
}

func (v *fixedHexes) bind(arr arrow.Array) { v.array = arr.(*array.FixedSizeBinary) }

func (v *fixedHexes) append(dst []byte, i int) []byte {
	return appendHex(dst, v.array.Value(i), v.json)
}

type uuids struct{ array *array.FixedSizeBinary }

func (v *uuids) bind(arr arrow.Array) { v.array = arr.(*array.FixedSizeBinary) }

func (v *uuids) append(dst []byte, i int) []byte { return AppendUUID(dst, v.array.Value(i)) }
