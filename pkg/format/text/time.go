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
	perSecond      = [...]uint64{arrow.Second: 1, arrow.Millisecond: 1e3, arrow.Microsecond: 1e6, arrow.Nanosecond: 1e9}
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
	seconds, fraction := splitSecond(v, unit)
	days, second := floorDiv(seconds, secondsPerDay)
	year, month, dom := civil(days)
	dst, bc := appendDay(dst, year, month, dom)
	n := len(dst)
	dst = extend(dst, len("T00:00:00"))
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
	second, fraction := u/perSecond[unit], u%perSecond[unit]
	if hours := second / 3600; hours >= 100 {
		dst = AppendUint(dst, hours-hours%100) // its last two digits are the clock's
		dst = dst[:len(dst)-2]
		second %= 360000
	}
	n := len(dst)
	dst = extend(dst, len("00:00:00"))
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
		dst = dst[:len(dst)-4] // its last four digits are those of the day
	}
	dst = extend(dst, len("0000-00-00"))
	p := dst[len(dst)-len("0000-00-00"):]
	_ = p[9]
	century := uint(year) / 100 % 100
	put2(p[0:], century)
	put2(p[2:], uint(year)%100)
	p[4] = '-'
	put2(p[5:], month)
	p[7] = '-'
	put2(p[8:], dom)
	return dst, suffix
}

// putClock writes hh:mm:ss.
func putClock(p []byte, second uint) {
	_ = p[7]
	minute := second / 60
	put2(p[0:], minute/60)
	p[2] = ':'
	put2(p[3:], minute%60)
	p[5] = ':'
	put2(p[6:], second%60)
}

// civil returns the date of a day counted from 1970-01-01 in the proleptic
// Gregorian calendar; year 0 is 1 BC. It counts from 1 March of year 0, so that
// the leap day comes last, in 32 bits and with multiplications for divisions:
// Neri and Schneider, "Euclidean affine functions and their application to
// calendar algorithms" (2022), whose names it keeps.
func civil(day int64) (year int64, month, dom uint) {
	const era = 146097 // days in 400 years
	n := day + 719468
	if uint64(n) >= 1<<30 { // beyond the range of the algorithm: come back by whole eras
		eras, rest := floorDiv(n, era)
		n, year = rest, eras*400
	}
	n1 := 4*uint32(n) + 3
	century := n1 / era
	n2 := n1%era | 3
	p2 := 2939745 * uint64(n2)
	dayOfYear := uint32(p2) / 2939745 / 4
	n3 := 2141*dayOfYear + 197913
	year += int64(100*century) + int64(p2>>32)
	month, dom = uint(n3>>16), uint(n3&0xffff)/2141+1
	if dayOfYear >= 306 { // January and February
		return year + 1, month - 12, dom
	}
	return year, month, dom
}

// splitSecond returns whole seconds and what is left in the unit. Divisors that
// the compiler knows cost a fraction of others.
func splitSecond(v int64, unit arrow.TimeUnit) (seconds, fraction int64) {
	switch unit {
	case arrow.Second:
		return v, 0
	case arrow.Millisecond:
		return floorDiv(v, 1e3)
	case arrow.Microsecond:
		return floorDiv(v, 1e6)
	}
	return floorDiv(v, 1e9)
}

// floorDiv returns a/b rounded down, and the remainder, which isn't negative.
func floorDiv(a, b int64) (quotient, remainder int64) {
	quotient, remainder = a/b, a%b
	if remainder < 0 {
		return quotient - 1, remainder + b
	}
	return quotient, remainder
}
