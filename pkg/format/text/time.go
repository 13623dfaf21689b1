package text

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
)

const (
	secondsPerDay = 86400
	infinity      = "infinity"
	minusInfinity = "-infinity"
	yearBC        = " BC"
)

// perSecond and fractionDigits are indexed by arrow.TimeUnit.
var (
	perSecond      = [...]int64{arrow.Second: 1, arrow.Millisecond: 1e3, arrow.Microsecond: 1e6, arrow.Nanosecond: 1e9}
	fractionDigits = [...]int{arrow.Second: 0, arrow.Millisecond: 3, arrow.Microsecond: 6, arrow.Nanosecond: 9}
)

// AppendDate appends a day counted from 1970-01-01: "2024-01-02". A year beyond
// 9999 has more digits, one before year 1 ends in " BC" and counts from 1, and
// the ends of the int32 range are infinity and -infinity.
func AppendDate(dst []byte, day int32) []byte {
	switch day {
	case math.MaxInt32:
		return append(dst, infinity...)
	case math.MinInt32:
		return append(dst, minusInfinity...)
	}
	year, month, dom := civil(int64(day))
	dst, bc := appendDay(dst, year, month, dom)
	return append(dst, bc...)
}

// AppendTimestamp appends an instant counted from 1970-01-01T00:00:00, with sep
// between date and time and a final Z if zoned. The fraction has all the digits
// of the unit, or is left out where it is zero. In microseconds the ends of the
// int64 range are infinity and -infinity.
func AppendTimestamp(dst []byte, v int64, unit arrow.TimeUnit, sep byte, zoned bool) []byte {
	if unit == arrow.Microsecond && (v == math.MaxInt64 || v == math.MinInt64) {
		if v > 0 {
			return append(dst, infinity...)
		}
		return append(dst, minusInfinity...)
	}
	seconds, fraction := floorDiv(v, perSecond[unit])
	days, second := floorDiv(seconds, secondsPerDay)
	year, month, dom := civil(days)
	dst, bc := appendDay(dst, year, month, dom)
	n := len(dst)
	dst = append(dst, "T00:00:00"...)
	dst[n] = sep
	putClock(dst[n+1:], uint(second))
	dst = appendFraction(dst, fraction, unit)
	if zoned {
		dst = append(dst, 'Z')
	}
	return append(dst, bc...)
}

// AppendTime appends a time of day counted from midnight: "03:04:05.000006". It
// takes spans beyond a day and negative ones too, as MySQL has them: "-838:59:59".
func AppendTime(dst []byte, v int64, unit arrow.TimeUnit) []byte {
	u := uint64(v)
	if v < 0 {
		dst, u = append(dst, '-'), -u
	}
	second, fraction := u/uint64(perSecond[unit]), u%uint64(perSecond[unit])
	if hours := second / 3600; hours >= 100 {
		dst = AppendUint(dst, hours-hours%100) // its last two digits are the clock's
		dst = dst[:len(dst)-2]
		second %= 360000
	}
	n := len(dst)
	dst = append(dst, "00:00:00"...)
	putClock(dst[n:], uint(second))
	return appendFraction(dst, int64(fraction), unit)
}

func appendFraction(dst []byte, fraction int64, unit arrow.TimeUnit) []byte {
	if fraction == 0 {
		return dst
	}
	return appendPadded(append(dst, '.'), uint64(fraction), fractionDigits[unit])
}

// appendDay appends a date and returns what stands behind a year before 1.
func appendDay(dst []byte, year int64, month, dom uint) (out []byte, suffix string) {
	if year < 1 {
		year, suffix = 1-year, yearBC
	}
	if year > 9999 {
		dst = AppendUint(dst, uint64(year))
	} else {
		dst = append(dst, "0000"...)
		put2(dst[len(dst)-4:], uint(year/100))
		put2(dst[len(dst)-2:], uint(year%100))
	}
	n := len(dst)
	dst = append(dst, "-00-00"...)
	put2(dst[n+1:], month)
	put2(dst[n+4:], dom)
	return dst, suffix
}

// putClock writes hh:mm:ss; the colons are there.
func putClock(p []byte, second uint) {
	_ = p[7]
	minute := second / 60
	put2(p[0:], minute/60)
	put2(p[3:], minute%60)
	put2(p[6:], second%60)
}

// civil returns the date of a day counted from 1970-01-01 in the proleptic
// Gregorian calendar; year 0 is 1 BC. It counts in eras of 400 years that
// begin in March, so that the leap day comes last.
func civil(day int64) (year int64, month, dom uint) {
	const era = 146097
	eras, doe := floorDiv(day+719468, era)
	d := uint(doe)
	yoe := (d - d/1460 + d/36524 - d/146096) / 365
	doy := d - (365*yoe + yoe/4 - yoe/100)
	m := (5*doy + 2) / 153
	dom = doy - (153*m+2)/5 + 1
	year = int64(yoe) + eras*400
	if m < 10 {
		return year, m + 3, dom
	}
	return year + 1, m - 9, dom
}

// floorDiv returns a/b rounded down, and the remainder, which isn't negative.
func floorDiv(a, b int64) (quotient, remainder int64) {
	quotient, remainder = a/b, a%b
	if remainder < 0 {
		return quotient - 1, remainder + b
	}
	return quotient, remainder
}
