package diff

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/fault"
)

// Recoder turns encoded rows of a baseline's schema into encoded rows of the
// present one: columns that are gone are left out, and new and retyped ones are
// null. So is a value that the present type is too narrow for, where an int64
// became an int32. It is used by one goroutine.
type Recoder struct {
	columns []recodeColumn // of the baseline
	added   []int          // places of the new columns in the present row
	bitmap  int            // bytes of nulls in the present row
}

// recodeColumn is a column of the baseline.
type recodeColumn struct {
	name string
	scan valueScan // of the present type where the column is kept
	to   int       // place in the present row; negative where it is gone or retyped
	// null is the place that becomes null, where the column is retyped.
	null int
}

// NewRecoder returns a Recoder. The error is Invalid where either schema is one
// that NewRows refuses.
func NewRecoder(baseline, now *arrow.Schema) (*Recoder, error) {
	before, err := rowColumns(baseline)
	if err != nil {
		return nil, err
	}
	after, err := rowColumns(now)
	if err != nil {
		return nil, err
	}
	places := make(map[string]int, len(after))
	for i, c := range after {
		places[c.name] = i
	}
	r := &Recoder{bitmap: bitmapLen(len(after))}
	for _, c := range before {
		column := recodeColumn{name: c.name, scan: c.form.scan, to: -1, null: -1}
		if i, ok := places[c.name]; ok && after[i].form.kind == c.form.kind {
			column.to, column.scan = i, after[i].form.scan
		} else if ok {
			column.null = i
		}
		delete(places, c.name)
		r.columns = append(r.columns, column)
	}
	for _, i := range places {
		r.added = append(r.added, i)
	}
	return r, nil
}

// Append appends the encoding that a row of the baseline has now. The error is
// Invalid for bytes that aren't a row of the baseline; dst is then returned as
// it was.
func (r *Recoder) Append(dst, old []byte) ([]byte, error) {
	start := len(dst)
	nulls, rest, ok := cutBitmap(old, len(r.columns))
	if !ok {
		return dst, fault.New(fault.Invalid, "recode row of %d bytes: its nulls don't fit %d columns", len(old), len(r.columns))
	}
	dst = appendZeros(dst, r.bitmap)
	setNull := func(place int) { dst[start+place>>3] |= 1 << (place & 7) }
	for _, place := range r.added {
		setNull(place)
	}
	for i := range r.columns {
		c := &r.columns[i]
		n, fits := 0, false
		if !bitmapHas(nulls, i) {
			if n, fits = c.scan(rest); n < 0 {
				return dst[:start], fault.New(fault.Invalid, "recode row of %d bytes: no value of column %q at byte %d",
					len(old), c.name, len(old)-len(rest))
			}
		}
		switch {
		case c.to >= 0 && fits:
			dst = append(dst, rest[:n]...)
		case c.to >= 0:
			setNull(c.to)
		case c.null >= 0:
			setNull(c.null)
		}
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return dst[:start], fault.New(fault.Invalid, "recode row of %d bytes: %d bytes behind its last column", len(old), len(rest))
	}
	return dst, nil
}
