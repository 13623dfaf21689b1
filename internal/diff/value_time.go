package diff

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// timeForm is the form of dates and times: the stored integer, as integers are
// written. The unit is a part of the kind; of a time zone only that there is one,
// because files show instants in UTC whatever the zone.
func timeForm(field arrow.Field) *valueForm {
	switch t := field.Type.(type) {
	case *arrow.Date32Type:
		return signedForm[int32, arrow.Date32, *array.Date32Builder]("date")
	case *arrow.Date64Type:
		return signedForm[int64, arrow.Date64, *array.Date64Builder]("date(ms)")
	case *arrow.Time32Type:
		return signedForm[int32, arrow.Time32, *array.Time32Builder](fmt.Sprintf("time(%s)", t.Unit))
	case *arrow.Time64Type:
		return signedForm[int64, arrow.Time64, *array.Time64Builder](fmt.Sprintf("time(%s)", t.Unit))
	case *arrow.DurationType:
		return signedForm[int64, arrow.Duration, *array.DurationBuilder](fmt.Sprintf("duration(%s)", t.Unit))
	case *arrow.TimestampType:
		kind := fmt.Sprintf("timestamp(%s)", t.Unit)
		if t.TimeZone != "" {
			kind = fmt.Sprintf("timestamp(%s, zoned)", t.Unit)
		}
		return signedForm[int64, arrow.Timestamp, *array.TimestampBuilder](kind)
	}
	return nil
}
