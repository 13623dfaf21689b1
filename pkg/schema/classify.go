package schema

import (
	"math"
	"strconv"
	"time"
)

// Classify says what the text of a CSV field or JSON string looks like. Numbers
// with leading zeros are text: they are codes, and a number would drop the zeros.
func Classify(text string) Class {
	if text == "" {
		return Class{Shape: Text}
	}
	switch c := text[0]; {
	case c == 't' || c == 'f' || c == 'T' || c == 'F':
		switch text {
		case "true", "false", "True", "False", "TRUE", "FALSE":
			return Class{Shape: Boolean}
		}
	case c == '-' || c == '.' || c >= '0' && c <= '9':
		if n := ClassifyNumber(text); n.Shape != Text {
			return n
		}
		if at := classifyTime(text); at.Shape != Text {
			return at
		}
	}
	if isUUID(text) {
		return Class{Shape: ID}
	}
	return Class{Shape: Text}
}

// ClassifyNumber says what a JSON number, or a text that may be one, looks like.
func ClassifyNumber(text string) Class {
	digits := text
	if digits[0] == '-' {
		digits = digits[1:]
	}
	whole := 0
	for whole < len(digits) && digits[whole] >= '0' && digits[whole] <= '9' {
		whole++
	}
	switch {
	case whole > 1 && digits[0] == '0':
		return Class{Shape: Text}
	case whole == len(digits) && whole > 0:
		return classifyInteger(text, digits)
	case !isFloat(digits, whole):
		return Class{Shape: Text}
	}
	if v, err := strconv.ParseFloat(text, 64); err != nil || math.IsInf(v, 0) {
		return Class{Shape: Text}
	}
	return Class{Shape: Float}
}

// isFloat reports whether digits is 1.5, .5, 1e3 or 1.5e-3.
func isFloat(digits string, whole int) bool {
	i, fraction := whole, 0
	if i < len(digits) && digits[i] == '.' {
		for i++; i < len(digits) && digits[i] >= '0' && digits[i] <= '9'; i++ {
			fraction++
		}
	}
	if whole+fraction == 0 {
		return false
	}
	if i == len(digits) {
		return true
	}
	if digits[i] != 'e' && digits[i] != 'E' {
		return false
	}
	if i++; i < len(digits) && (digits[i] == '-' || digits[i] == '+') {
		i++
	}
	if i == len(digits) || len(digits)-i > 4 {
		return false
	}
	for ; i < len(digits); i++ {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return true
}

func classifyInteger(text, digits string) Class {
	c := Class{Shape: Integer, Negative: text[0] == '-' && digits != "0"}
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return c
	}
	c.Large = true
	if _, err := strconv.ParseUint(digits, 10, 64); err == nil {
		return c
	}
	c.Huge = true
	if len(digits) > 76 {
		return Class{Shape: Text}
	}
	return c
}

// layouts is the forms of dates and times that are recognized. Go's parser takes
// a fraction behind any seconds.
var layouts = []struct {
	layout string
	length int // least
}{
	{time.DateTime, 19}, {"2006-01-02T15:04:05", 19}, {time.RFC3339, 20},
	{"2006-01-02 15:04:05Z07:00", 20}, {"2006-01-02 15:04:05Z07", 20}, {"2006-01-02T15:04:05Z0700", 20},
	{"2006-01-02T15:04:05Z07", 20}, {"2006-01-02 15:04:05Z0700", 20}, {"2006-01-02 15:04:05 UTC", 23},
}

var (
	firstDay, lastDay     = time.Unix(0, 0), time.Unix(65535*86400, 0)
	lastMoment            = time.Unix(math.MaxUint32, 0)
	lastNano              = time.Unix(math.MaxInt64/1_000_000_000-1, 0) // that DateTime64(9) holds
	firstFarDay, endOfFar = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)
)

// maxOffset is more than a zone is from UTC, in seconds: such a text is no time.
const maxOffset = 16 * 3600

func classifyTime(text string) Class {
	if len(text) < 10 || text[4] != '-' {
		return Class{Shape: Text}
	}
	if len(text) == 10 {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil || at.Before(firstFarDay) || !at.Before(endOfFar) {
			return Class{Shape: Text}
		}
		return Class{Shape: Day, Far: at.Before(firstDay) || at.After(lastDay)}
	}
	if len(text) < 19 || text[13] != ':' || text[16] != ':' {
		return Class{Shape: Text} // Go's parser takes an hour of one digit, ours doesn't
	}
	for _, l := range layouts {
		if len(text) < l.length {
			continue
		}
		if at, err := time.Parse(l.layout, text); err == nil {
			return classifyMoment(text, at)
		}
	}
	return Class{Shape: Text}
}

func classifyMoment(text string, at time.Time) Class {
	digits := 0
	if text[19:] != "" && (text[19] == '.' || text[19] == ',') {
		for _, c := range text[20:] {
			if c < '0' || c > '9' {
				break
			}
			digits++
		}
	}
	digits = (digits + 2) / 3 * 3
	if _, offset := at.Zone(); max(offset, -offset) >= maxOffset {
		return Class{Shape: Text}
	}
	if digits > 9 || digits > 6 && at.After(lastNano) || at.Before(firstFarDay) || !at.Before(endOfFar) {
		return Class{Shape: Text}
	}
	return Class{Shape: Moment, Digits: digits, Far: at.Before(firstDay) || at.After(lastMoment)}
}

func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f') {
			return false
		}
	}
	return true
}
