package text

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// timeValue returns the renderer of a date or time, or nil.
func timeValue(s style, t arrow.DataType) value {
	switch t := t.(type) {
	case *arrow.Date32Type:
		return s.text(&dates{})
	case *arrow.Date64Type:
		return s.text(&dates64{})
	case *arrow.Time32Type:
		return s.text(&times32{unit: t.Unit})
	case *arrow.Time64Type:
		return s.text(&times64{unit: t.Unit})
	case *arrow.TimestampType:
		v := &timestamps{unit: t.Unit, zoned: t.TimeZone != "", separator: ' '}
		if s.json || v.zoned {
			v.separator = 'T'
		}
		return s.text(v)
	}
	return nil
}

type dates struct{ values []arrow.Date32 }

func (v *dates) bind(arr arrow.Array) { v.values = arr.(*array.Date32).Date32Values() }

func (v *dates) append(dst []byte, i int) []byte { return AppendDate(dst, int32(v.values[i])) }

type dates64 struct{ values []arrow.Date64 }

func (v *dates64) bind(arr arrow.Array) { v.values = arr.(*array.Date64).Date64Values() }

func (v *dates64) append(dst []byte, i int) []byte {
	day, _ := floorDiv(int64(v.values[i]), secondsPerDay*1000)
	year, month, dom := civil(day)
	dst, bc := appendDay(dst, year, month, dom)
	return append(dst, bc...)
}

type times32 struct {
	unit   arrow.TimeUnit
	values []arrow.Time32
}

func (v *times32) bind(arr arrow.Array) { v.values = arr.(*array.Time32).Time32Values() }

func (v *times32) append(dst []byte, i int) []byte {
	return AppendTime(dst, int64(v.values[i]), v.unit)
}

type times64 struct {
	unit   arrow.TimeUnit
	values []arrow.Time64
}

func (v *times64) bind(arr arrow.Array) { v.values = arr.(*array.Time64).Time64Values() }

func (v *times64) append(dst []byte, i int) []byte {
	return AppendTime(dst, int64(v.values[i]), v.unit)
}

type timestamps struct {
	unit      arrow.TimeUnit
	zoned     bool
	separator byte // between date and time
	values    []arrow.Timestamp
}

func (v *timestamps) bind(arr arrow.Array) { v.values = arr.(*array.Timestamp).TimestampValues() }

func (v *timestamps) append(dst []byte, i int) []byte {
	return AppendTimestamp(dst, int64(v.values[i]), v.unit, v.separator, v.zoned)
}
