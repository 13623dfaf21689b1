package parquet

import (
	"math"
	"time"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format/textvalue"
	"github.com/longshore/longshore/pkg/schema"
)

// The days since 1970 that Date and Date32 hold, and the seconds that DateTime64
// does: 1900-01-01 to 2299-12-31.
const (
	maxDate   = 65535  // 2149-06-06
	minDate32 = -25567 // 1900-01-01
	maxDate32 = 120529 // 2299-12-31
	minTime64 = minDate32 * 86400
	maxTime64 = (maxDate32+1)*86400 - 1
)

// toTime takes dates and timestamps, and the integers that other programs write
// for them: days for dates, seconds for times.
func toTime(t fileType, to schema.Type) converter {
	if to.Kind == schema.Date || to.Kind == schema.Date32 {
		return toDate(t, to.Kind == schema.Date32)
	}
	k := newClock(t, to)
	switch t.kind {
	case fileTimestamp:
		if k.zone == nil {
			return k.ticks(t)
		}
		unit := perSecond[t.unit]
		return func(c *block.Column, e *entries, i int) textvalue.Problem {
			v := int64(e.w64[i])
			seconds := floorDiv(v, unit)
			return k.put(c, k.toUTC(seconds), (v-seconds*unit)*(1e9/unit))
		}
	case fileInt96:
		return func(c *block.Column, e *entries, i int) textvalue.Problem {
			seconds, nanos := instant96(e.bytes(i))
			return k.put(c, seconds, nanos)
		}
	case fileDate:
		return func(c *block.Column, e *entries, i int) textvalue.Problem {
			return k.put(c, k.toUTC(int64(int32(e.w32[i]))*86400), 0)
		}
	case fileInt:
		return func(c *block.Column, e *entries, i int) textvalue.Problem {
			v := t.int(e, i)
			if v >= 1e9*k.scale && k.scale > 1 {
				// A number this large counts ticks, not seconds: as in text.
				return k.put(c, v/k.scale, v%k.scale*(1e9/k.scale))
			}
			if t.isHuge(v) {
				return textvalue.OutOfRange
			}
			return k.put(c, v, 0)
		}
	}
	return nil
}

func toDate(t fileType, wide bool) converter {
	lo, hi := int64(0), int64(maxDate)
	if wide {
		lo, hi = minDate32, maxDate32
	}
	put := func(c *block.Column, days int64) textvalue.Problem {
		if days < lo || days > hi {
			return textvalue.OutOfRange
		}
		c.AppendInt(days)
		return textvalue.OK
	}
	switch t.kind {
	case fileDate, fileInt:
		return func(c *block.Column, e *entries, k int) textvalue.Problem { return put(c, t.int(e, k)) }
	case fileTimestamp:
		day := 86400 * perSecond[t.unit]
		return func(c *block.Column, e *entries, k int) textvalue.Problem {
			v := int64(e.w64[k])
			if v%day != 0 {
				return textvalue.TimeLost
			}
			return put(c, v/day)
		}
	case fileInt96:
		return func(c *block.Column, e *entries, k int) textvalue.Problem {
			seconds, nanos := instant96(e.bytes(k))
			if nanos != 0 || seconds%86400 != 0 {
				return textvalue.TimeLost
			}
			return put(c, seconds/86400)
		}
	}
	return nil
}

// perSecond is indexed by arrow.TimeUnit.
var perSecond = [...]int64{1, 1e3, 1e6, 1e9}

// clock appends to DateTime and DateTime64 columns.
type clock struct {
	wide  bool           // DateTime64
	scale int64          // ticks of a second
	zone  *time.Location // of the file's wall-clock times; nil is UTC

	// The offset that was in force in zone at the last time, in seconds east of
	// UTC, and the wall-clock seconds between which it surely is.
	offset, from, to int64
}

func newClock(t fileType, to schema.Type) *clock {
	k := &clock{scale: 1, wide: to.Kind == schema.DateTime64}
	if k.wide {
		k.scale = int64(pow10[to.Precision])
	}
	local := t.kind == fileDate || t.kind == fileTimestamp && !t.utc
	if local && to.Zone != "" && to.Zone != "UTC" {
		if zone, err := time.LoadLocation(to.Zone); err == nil {
			k.zone = zone
		}
	}
	return k
}

// bounds returns between which of a file's timestamps the column's are.
func (k *clock) bounds(t fileType) (lo, hi int64) {
	unit := perSecond[t.unit]
	lo, hi = 0, math.MaxUint32
	if k.wide {
		lo, hi = minTime64, maxTime64
		hi = min(hi, math.MaxInt64/max(k.scale, unit)-1)
		lo = max(lo, -hi)
	}
	return lo * unit, hi*unit + unit - 1
}

// ticks converts timestamps without a zone: one multiplication or division.
func (k *clock) ticks(t fileType) converter {
	unit := perSecond[t.unit]
	lo, hi := k.bounds(t)
	put := (*block.Column).AppendUint64
	if !k.wide {
		put = func(c *block.Column, v uint64) { c.AppendUint32(uint32(v)) }
	}
	if k.scale >= unit {
		factor := k.scale / unit
		return func(c *block.Column, e *entries, i int) textvalue.Problem {
			v := int64(e.w64[i])
			if v < lo || v > hi {
				return textvalue.OutOfRange
			}
			put(c, uint64(v*factor))
			return textvalue.OK
		}
	}
	divisor := unit / k.scale
	return func(c *block.Column, e *entries, i int) textvalue.Problem {
		v := int64(e.w64[i])
		switch {
		case v < lo || v > hi:
			return textvalue.OutOfRange
		case v%divisor != 0:
			return textvalue.FractionLost
		}
		put(c, uint64(v/divisor))
		return textvalue.OK
	}
}

// put appends an instant.
func (k *clock) put(c *block.Column, seconds, nanos int64) textvalue.Problem {
	unit := 1e9 / k.scale
	limit := math.MaxInt64/k.scale - 1
	switch {
	case k.wide && (seconds < minTime64 || seconds > maxTime64 || seconds > limit || seconds < -limit):
		return textvalue.OutOfRange
	case !k.wide && (seconds < 0 || seconds > math.MaxUint32):
		return textvalue.OutOfRange
	case nanos%unit != 0:
		return textvalue.FractionLost
	case k.wide:
		c.AppendInt64(seconds*k.scale + nanos/unit)
	default:
		c.AppendUint32(uint32(seconds))
	}
	return textvalue.OK
}

// toUTC converts wall-clock seconds of the zone. An hour that the clock shows
// twice is taken as the first, one that it skips as what the clock would have
// shown without the change.
func (k *clock) toUTC(wall int64) int64 {
	const day = 86400
	if k.zone == nil || wall < 2*minTime64 || wall > 2*maxTime64 { // put refuses these
		return wall
	}
	if wall >= k.from && wall < k.to {
		return wall - k.offset
	}
	w := time.Unix(wall, 0).UTC()
	at := time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), 0, k.zone)
	_, offset := at.Zone()
	start, end := at.ZoneBounds()
	k.offset, k.from, k.to = int64(offset), math.MinInt64/2, math.MaxInt64/2
	if !start.IsZero() {
		k.from = start.Unix() + int64(offset) + day
	}
	if !end.IsZero() {
		k.to = end.Unix() + int64(offset) - day
	}
	return at.Unix()
}
