package textvalue

import (
	"math"
	"time"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

// The seconds since 1970 that DateTime64 holds: 1900-01-01 to 2299-12-31.
const (
	minTime64 = minDate32 * 86400
	maxTime64 = (maxDate32+1)*86400 - 1
)

// clock reads DateTime and DateTime64 values of one column.
type clock struct {
	zone  *time.Location // of times that name none; nil is UTC
	scale int64          // ticks of a second
	unit  uint32         // nanoseconds of a tick
	limit int64          // seconds whose ticks surely fit in 64 bits
	wide  bool           // DateTime64

	// The offset that was in force in zone at the last time read, in seconds east
	// of UTC, and the wall-clock seconds between which it surely is.
	offset, from, to int64
}

func newClock(t schema.Type) *clock {
	k := &clock{scale: 1, wide: t.Kind == schema.DateTime64}
	if k.wide {
		k.scale = int64(pow10[t.Precision])
	}
	k.unit, k.limit = uint32(1e9/k.scale), math.MaxInt64/k.scale-1
	if t.Zone != "" && t.Zone != "UTC" {
		if zone, err := time.LoadLocation(t.Zone); err == nil {
			k.zone = zone
		}
	}
	return k
}

func (k *clock) parse(c *block.Column, text []byte) Problem {
	at, ok := readMoment(text)
	if !ok {
		return NotATime
	}
	if !at.zoned && k.zone != nil {
		at.seconds = k.toUTC(at.seconds)
	}
	if !k.wide {
		return k.parse32(c, at)
	}
	return k.parse64(c, at)
}

func (k *clock) parse32(c *block.Column, at moment) Problem {
	switch {
	case at.seconds < 0 || at.seconds > math.MaxUint32:
		return OutOfRange
	case at.nanos != 0:
		return FractionLost
	}
	c.AppendUint32(uint32(at.seconds))
	return OK
}

func (k *clock) parse64(c *block.Column, at moment) Problem {
	if !at.dated && at.nanos == 0 && at.seconds >= 1e9*k.scale && k.scale > 1 {
		// A number this large counts ticks, not seconds: so ClickHouse has it.
		at.seconds, at.nanos = at.seconds/k.scale, at.seconds%k.scale*(1e9/k.scale)
	}
	if at.seconds < minTime64 || at.seconds > maxTime64 {
		return OutOfRange
	}
	ticks := uint32(at.nanos) / k.unit // a division of 32 bits is the cheaper
	switch {
	case at.nanos == tooFine || ticks*k.unit != uint32(at.nanos):
		return FractionLost
	case at.seconds > k.limit || at.seconds < -k.limit:
		return OutOfRange
	}
	c.AppendUint64(uint64(at.seconds*k.scale + int64(ticks)))
	return OK
}

const day = 86400

// toUTC converts wall-clock seconds of the zone. An hour that the clock shows
// twice is taken as the first, one that it skips as what the clock would have
// shown without the change.
func (k *clock) toUTC(wall int64) int64 {
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
