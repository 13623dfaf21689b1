package all_test

import (
	"encoding/json"
	"math/big"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/longshore/longshore/pkg/schema"
)

// isJSONNumber reports whether a number stands as it may: in CSV and in quotes
// any way, else as JSON has it.
func (c *try) isJSONNumber() bool {
	return !c.isJSON() || c.isQuoted() || json.Valid([]byte(c.text))
}

// isWellFormed reports whether the text is a value of the type by any reading of
// it, told without our own parsers. Refusing such a text is never documented.
func (c *try) isWellFormed() bool {
	t, text := schema.MustParseType(c.typ).Base(), c.plain()
	if !c.isJSONNumber() {
		return false
	}
	switch {
	case t.Kind.IsInteger():
		return wholeText.MatchString(text) && inRange(t, text)
	case t.Kind.IsFloat():
		bits := 8 * t.FixedSize()
		_, err := strconv.ParseFloat(text, bits)
		return numberText.MatchString(text) && err == nil
	case t.Kind == schema.Decimal:
		r, ok := new(big.Rat).SetString(text)
		if !ok || !numberText.MatchString(text) {
			return false
		}
		power := func(n int) *big.Rat {
			return new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil))
		}
		r.Mul(r, power(t.Scale))
		return r.IsInt() && r.Abs(r).Cmp(power(t.Precision)) < 0
	case t.Kind == schema.Date, t.Kind == schema.Date32:
		at, err := time.Parse(time.DateOnly, text)
		first, last := "1970-01-01", "2149-06-06"
		if t.Kind == schema.Date32 {
			first, last = "1900-01-01", "2299-12-31"
		}
		return err == nil && at.Format(time.DateOnly) >= first && at.Format(time.DateOnly) <= last
	case t.Kind.IsTime():
		return isTime(t, text)
	case t.Kind == schema.IPv4, t.Kind == schema.IPv6:
		addr, err := netip.ParseAddr(text)
		return err == nil && addr.Zone() == "" && (addr.Is4() || t.Kind == schema.IPv6)
	}
	return false
}

func inRange(t schema.Type, text string) bool {
	n, ok := new(big.Int).SetString(strings.TrimPrefix(text, "+"), 10)
	width := uint(8 * t.FixedSize())
	if !t.Kind.IsSigned() {
		return ok && n.Sign() >= 0 && n.BitLen() <= int(width)
	}
	limit := new(big.Int).Lsh(big.NewInt(1), width-1)
	return ok && n.Cmp(limit) < 0 && n.Cmp(new(big.Int).Neg(limit)) >= 0
}

// noOffset is an offset that no zone ever had, some of which package time takes.
var noOffset = regexp.MustCompile(`[+-](1[6-9]|[2-9]\d|\d\d:?[6-9]\d)(:?\d\d)?$`)

var timeText = regexp.MustCompile(`^\d{4}-\d\d-\d\d([ T]\d\d:.*)?$`)

func isTime(t schema.Type, text string) bool {
	digits := 0
	if t.Kind == schema.DateTime64 {
		digits = t.Precision
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04", time.DateOnly} {
		at, err := time.Parse(layout, text) // takes a fraction after the seconds, and an hour of one digit
		if err != nil || !timeText.MatchString(text) || len(text) > len(time.DateOnly) && noOffset.MatchString(text) {
			continue
		}
		_, fraction, _ := strings.Cut(text, ".")
		first, last := time.Unix(86400, 0), time.Unix(1<<32-86400, 0) // a day less, whatever the zone
		if t.Kind == schema.DateTime64 {
			first, last = time.Date(1900, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2299, 12, 30, 0, 0, 0, 0, time.UTC)
			if digits > 8 {
				last = time.Date(2262, 4, 10, 0, 0, 0, 0, time.UTC)
			}
		}
		return len(strings.TrimRight(fraction, "Z0")) <= digits && at.After(first) && at.Before(last)
	}
	return false
}
