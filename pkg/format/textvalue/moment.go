package textvalue

// moment is a point in time as it was written.
type moment struct {
	// seconds since 1970: in UTC if zoned, else as the wall clock shows them.
	seconds int64
	nanos   int64
	zoned   bool // Z or an offset was given
	dated   bool // it began with a date, not with a number of seconds
}

// readMoment reads ISO 8601 and RFC 3339, SQL's form with a space, a date alone,
// and Unix seconds with or without a fraction. Eight digits that are a date are no
// seconds: those would be of a few weeks in 1970.
//
//	2024-02-29T12:34:56.789+01:00   2024-02-29 12:34:56   2024-02-29   1709210096.5
func readMoment(text []byte) (at moment, ok bool) {
	if len(text) >= 10 && (text[4] == '-' || text[4] == '/') {
		return readDated(text)
	}
	if len(text) == 8 {
		if days, ok := readDigitsDate(text); ok && days >= minDate32 && days <= maxDate32 {
			return moment{seconds: days * 86400, dated: true}, true
		}
	}
	return readUnix(text)
}

func readDated(text []byte) (at moment, ok bool) {
	days, ok := readDate(text)
	if !ok {
		return at, false
	}
	at.dated = true
	at.seconds = days * 86400
	rest := text[10:]
	if len(rest) == 0 {
		return at, true
	}
	if len(rest) < 6 || rest[0] != ' ' && rest[0]|0x20 != 't' || rest[3] != ':' {
		return at, false
	}
	if len(rest) >= 9 && rest[6] == ':' {
		return readClock(at, rest[1:])
	}
	hour, okH := two(rest[1:])
	minute, okM := two(rest[4:])
	if !okH || !okM || hour > 23 || minute > 59 {
		return at, false
	}
	at.seconds += int64(hour*3600 + minute*60)
	return at, at.readZone(rest[6:])
}

// readClock adds 12:34:56.789 and what follows to a date.
func readClock(at moment, text []byte) (moment, bool) {
	p, ok := pairs(text, clockLayout, clockLimit)
	hour, minute, second := int64(byte(p)), int64(byte(p>>24)), int64(byte(p>>48))
	if !ok || hour > 23 || minute > 59 || second > 59 {
		return at, false
	}
	at.seconds += hour*3600 + minute*60 + second
	rest, ok := at.readFraction(text[8:])
	return at, ok && at.readZone(rest)
}

// readFraction reads .789 if it is there, and returns what follows. Digits
// beyond the ninth must be zeros.
func (at *moment) readFraction(text []byte) (rest []byte, ok bool) {
	if len(text) == 0 || text[0] != '.' && text[0] != ',' {
		return text, true
	}
	i, v := 1, int64(0)
	for ; i < len(text) && i <= 9 && text[i]-'0' <= 9; i++ {
		v = v*10 + int64(text[i]-'0')
	}
	at.nanos = v * int64(pow10[10-i])
	for ; i < len(text) && text[i]-'0' <= 9; i++ {
		if text[i] != '0' {
			at.nanos = tooFine
		}
	}
	return text[i:], i > 1
}

// tooFine marks a fraction of more than nine digits.
const tooFine = -1

// readZone reads what follows the time: nothing, Z, UTC, +01, +01:00 or +0100.
func (at *moment) readZone(text []byte) bool {
	if len(text) > 1 && text[0] == ' ' {
		text = text[1:]
	}
	switch {
	case len(text) == 0:
		return true
	case len(text) == 1 && text[0]|0x20 == 'z', equalFold(text, "utc"), equalFold(text, "gmt"):
		at.zoned = true
		return true
	case text[0] != '+' && text[0] != '-' || len(text) < 3:
		return false
	}
	hours, ok := two(text[1:])
	if !ok {
		return false
	}
	minutes := 0
	if rest := text[3:]; len(rest) > 0 {
		if rest[0] == ':' {
			rest = rest[1:]
		}
		if len(rest) != 2 {
			return false
		}
		if minutes, ok = two(rest); !ok || minutes > 59 {
			return false
		}
	}
	if hours > 15 {
		return false
	}
	offset := int64(hours*3600 + minutes*60)
	if text[0] == '-' {
		offset = -offset
	}
	at.seconds -= offset
	at.zoned = true
	return true
}

// readUnix reads seconds since 1970.
func readUnix(text []byte) (at moment, ok bool) {
	whole := text
	for i, c := range text {
		if c == '.' {
			whole = text[:i]
			break
		}
	}
	seconds, ok := shortInt(whole)
	if !ok {
		return at, false
	}
	rest, ok := at.readFraction(text[len(whole):])
	if !ok || len(rest) > 0 {
		return at, false
	}
	at.seconds, at.zoned = seconds, true
	if len(whole) > 0 && whole[0] == '-' && at.nanos > 0 {
		at.seconds, at.nanos = seconds-1, 1e9-at.nanos
	}
	return at, true
}
