package textvalue

import "github.com/longshore/longshore/pkg/block"

// The days since 1970 that Date and Date32 hold.
const (
	maxDate   = 65535  // 2149-06-06
	minDate32 = -25567 // 1900-01-01
	maxDate32 = 120529 // 2299-12-31
)

func parseDate(c *block.Column, text []byte) Problem {
	days, p := dateOnly(text)
	if p != OK {
		return p
	}
	if days < 0 || days > maxDate {
		return OutOfRange
	}
	c.AppendUint16(uint16(days))
	return OK
}

func parseDate32(c *block.Column, text []byte) Problem {
	days, p := dateOnly(text)
	if p != OK {
		return p
	}
	if days < minDate32 || days > maxDate32 {
		return OutOfRange
	}
	c.AppendUint32(uint32(int32(days)))
	return OK
}

// dateOnly reads a date, or a midnight.
func dateOnly(text []byte) (days int64, p Problem) {
	if len(text) == 10 {
		if days, ok := readDate(text); ok {
			return days, OK
		}
	}
	if len(text) == 8 {
		if days, ok := readDigitsDate(text); ok {
			return days, OK
		}
		return 0, NotADate
	}
	if len(text) <= 10 {
		return 0, NotADate
	}
	at, ok := readMoment(text)
	switch {
	case !ok || !at.dated:
		return 0, NotADate
	case at.seconds%86400 != 0 || at.nanos != 0:
		return 0, TimeLost
	}
	return at.seconds / 86400, OK
}

// readDate reads 2024-02-29 or 2024/02/29 from the first ten bytes.
func readDate(text []byte) (days int64, ok bool) {
	_ = text[9]
	p, ok := pairs(text, dateLayout, dateLimit)
	if !ok {
		return readSlashDate(text)
	}
	day, ok := two(text[8:])
	if !ok {
		return 0, false
	}
	return civil(int(byte(p))*100+int(byte(p>>16)), int(byte(p>>40)), day)
}

func readSlashDate(text []byte) (days int64, ok bool) {
	if text[4] != '/' || text[7] != '/' {
		return 0, false
	}
	year, okY := four(text)
	month, okM := two(text[5:])
	day, okD := two(text[8:])
	if !okY || !okM || !okD {
		return 0, false
	}
	return civil(year, month, day)
}

// readDigitsDate reads 20240229.
func readDigitsDate(text []byte) (days int64, ok bool) {
	year, okY := four(text)
	month, okM := two(text[4:])
	day, okD := two(text[6:])
	if !okY || !okM || !okD {
		return 0, false
	}
	return civil(year, month, day)
}

func two(text []byte) (int, bool) {
	a, b := text[0]-'0', text[1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

func four(text []byte) (int, bool) {
	a, okA := two(text)
	b, okB := two(text[2:])
	return a*100 + b, okA && okB
}

var monthDays = [...]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// civil returns the days from 1970-01-01 to a date of the Gregorian calendar,
// and whether there is such a date.
func civil(year, month, day int) (days int64, ok bool) {
	if month < 1 || month > 12 || day < 1 || day > monthDays[month] {
		leap := year%4 == 0 && (year%100 != 0 || year%400 == 0)
		if month != 2 || day != 29 || !leap {
			return 0, false
		}
	}
	// Years that begin in March end in the leap day.
	y, m := year, month-3
	if m < 0 {
		y, m = y-1, m+12
	}
	y += 400 // so that divisions are of positive numbers; 400 years are 146097 days
	return int64(365*y + y/4 - y/100 + y/400 + (153*m+2)/5 + day - 1 - 719468 - 146097), true
}
