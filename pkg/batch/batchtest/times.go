package batchtest

import (
	"math"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/pkg/batch"
)

func times() []Column {
	return []Column{
		column("date", arrow.FixedWidthTypes.Date32, each((*array.Date32Builder).Append,
			day(2024, 2, 29), 0, -1, day(1, 1, 1), day(9999, 12, 31), day(10000, 1, 1), day(1900, 3, 1), day(2000, 2, 29),
			day(-43, 3, 15), batch.DateInfinity, batch.DateNegativeInfinity)),
		column("date64", arrow.FixedWidthTypes.Date64, each((*array.Date64Builder).Append, 86400000, 0, -86400000)),
		column("time32_s", arrow.FixedWidthTypes.Time32s, each((*array.Time32Builder).Append, 3661, 0, 86399)),
		column("time32_ms", arrow.FixedWidthTypes.Time32ms, each((*array.Time32Builder).Append, 3661001, 0, 86399999)),
		column("time64_us", arrow.FixedWidthTypes.Time64us, each((*array.Time64Builder).Append,
			3661000001, 0, 86399999999, 86400000000, 43200000000)),
		column("time64_ns", arrow.FixedWidthTypes.Time64ns, each((*array.Time64Builder).Append, 3661000000001, 0, 86399999999999)),
		column("timestamp_s", &arrow.TimestampType{Unit: arrow.Second}, stamps(arrow.Second)),
		column("timestamp_ms", &arrow.TimestampType{Unit: arrow.Millisecond}, stamps(arrow.Millisecond)),
		column("timestamp_us", &arrow.TimestampType{Unit: arrow.Microsecond}, stamps(arrow.Microsecond)),
		column("timestamp_ns", &arrow.TimestampType{Unit: arrow.Nanosecond}, stamps(arrow.Nanosecond)),
		column("timestamptz_s", &arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}, stamps(arrow.Second)),
		column("timestamptz_ms", &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "Europe/Berlin"}, stamps(arrow.Millisecond)),
		column("timestamptz_us", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, stamps(arrow.Microsecond)),
		column("timestamptz_ns", &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}, stamps(arrow.Nanosecond)),
	}
}

func day(year int, month time.Month, dom int) arrow.Date32 {
	return arrow.Date32(time.Date(year, month, dom, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// stamps returns the timestamps of a unit: ordinary ones, then the limits of
// what the unit can hold.
func stamps(unit arrow.TimeUnit) []Value {
	per := int64(time.Second / unit.Multiplier())
	at := func(year int, month time.Month, dom int) arrow.Timestamp {
		return arrow.Timestamp(time.Date(year, month, dom, 3, 4, 5, 0, time.UTC).Unix() * per)
	}
	values := []arrow.Timestamp{at(2024, 1, 2) + arrow.Timestamp(max(per/8, 1)), at(2024, 1, 2), 0, -1, 1, at(1815, 6, 18), at(1700, 1, 1) - 1}
	switch unit {
	case arrow.Nanosecond: // 1677 to 2262
		values = append(values, math.MinInt64, math.MaxInt64)
	case arrow.Microsecond:
		values = append(values, batch.TimestampInfinity, batch.TimestampNegativeInfinity)
		fallthrough
	default:
		values = append(values, at(2263, 1, 1), at(1, 1, 1), at(9999, 12, 31), at(10000, 1, 1), at(294246, 12, 31), at(-43, 3, 15))
	}
	return each((*array.TimestampBuilder).Append, values...)
}
