package def

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

const delimiterRemedy = `use one of "," ";" "|" "~" and tab`

// parseDelimiter reads one of the five CSV delimiters, also by its name.
func parseDelimiter(text string) (string, bool) {
	switch text {
	case ",", ";", "|", "~", "\t":
		return text, true
	case "tab", `\t`:
		return "\t", true
	case "comma":
		return ",", true
	case "semicolon":
		return ";", true
	case "pipe":
		return "|", true
	case "tilde":
		return "~", true
	}
	return "", false
}

// parseCount reads a whole number; underscores may group its digits.
func parseCount(text string, low, high int64) (int64, bool) {
	n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
	if err != nil || n < low || n > high {
		return 0, false
	}
	return n, true
}

var sizeShape = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)$`)

var sizeUnits = map[string]float64{
	"": 1, "b": 1,
	"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

// ParseSize reads a number of bytes such as 64MiB, 1.5 GB or 1048576.
func ParseSize(text string) (int64, bool) {
	m := sizeShape.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return 0, false
	}
	unit, known := sizeUnits[strings.ToLower(m[2])]
	n, err := strconv.ParseFloat(m[1], 64)
	if !known || err != nil || n*unit < 1 || n*unit > math.MaxInt64/2 {
		return 0, false
	}
	return int64(n * unit), true
}

var dayShape = regexp.MustCompile(`^([0-9]+)d(.*)$`)

// parseDuration reads what time.ParseDuration reads, and days: 1d, 1d12h.
func parseDuration(text string) (time.Duration, bool) {
	var days time.Duration
	if m := dayShape.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil || n > 36500 {
			return 0, false
		}
		days, text = time.Duration(n)*24*time.Hour, m[2]
		if text == "" {
			return days, true
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || days+d < 0 {
		return 0, false
	}
	return days + d, true
}

// parsePercent reads a number from above 0 to 100, with or without its sign.
func parsePercent(text string) (float64, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "%")), 64)
	return n, err == nil && n > 0 && n <= 100
}

// checkCron reports what is wrong with a cron expression of five fields, or a
// descriptor such as @daily. The zone is given apart from it.
func checkCron(expr string) (err error) {
	defer func() { // the parser panics on a zone without an expression
		if recover() != nil {
			err = fmt.Errorf("%q is no cron expression", expr)
		}
	}()
	if strings.HasPrefix(expr, "TZ=") || strings.HasPrefix(expr, "CRON_TZ=") {
		return fmt.Errorf("the zone is not a part of the expression")
	}
	s, err := cron.ParseStandard(expr)
	if err != nil {
		return err
	}
	if s.Next(time.Unix(0, 0).UTC()).IsZero() {
		return fmt.Errorf("%q never happens", expr)
	}
	return nil
}

// checkZone reports a time zone that does not exist.
func checkZone(name string) bool {
	if name == "" || name == "Local" {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

func rangeRemedy(low, high int64) string {
	if high == math.MaxInt64 {
		return fmt.Sprintf("use a whole number from %d", low)
	}
	return fmt.Sprintf("use a whole number from %d to %d", low, high)
}
