package mysql

import (
	"database/sql/driver"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// errNoDay is 2024-00-00 or 2024-02-31, which the server stores in some of its
// modes.
var errNoDay = &valueError{"holds a date that no calendar has", "select CAST(%s AS CHAR)"}

const secondsPerDay = 24 * 60 * 60

func dates(b array.Builder) appender {
	to := b.(*array.Date32Builder)
	return func(v driver.Value) error {
		src, ok := v.([]byte)
		if !ok {
			return errForm
		}
		t, none, err := parseMoment(string(src))
		switch {
		case err != nil:
			return err
		case none:
			to.AppendNull()
		default:
			to.Append(arrow.Date32(t.Unix() / secondsPerDay)) // midnight: nothing to round
		}
		return nil
	}
}

func moments(b array.Builder) appender {
	to := b.(*array.TimestampBuilder)
	return func(v driver.Value) error {
		src, ok := v.([]byte)
		if !ok {
			return errForm
		}
		t, none, err := parseMoment(string(src))
		switch {
		case err != nil:
			return err
		case none:
			to.AppendNull()
		default:
			to.Append(arrow.Timestamp(t.UnixMicro()))
		}
		return nil
	}
}

// parseMoment reads "2024-02-29" and "2024-02-29 12:00:00.000001". None is the one
// of zeros alone, which is the server's word for it.
func parseMoment(s string) (t time.Time, none bool, err error) {
	if strings.Trim(s, "0-:. ") == "" {
		return t, true, nil
	}
	layout := time.DateOnly
	if len(s) > len(layout) {
		layout = time.DateTime // with any fraction
	}
	if t, err = time.Parse(layout, s); err != nil {
		return t, false, errNoDay
	}
	return t, false, nil
}
