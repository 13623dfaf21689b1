package alert

import (
	"strings"
	"unicode"
)

// Status returns "firing" or "resolved".
func Status(m Message) string {
	if m.Resolved {
		return "resolved"
	}
	return "firing"
}

// Headline is what a channel without a place for anything else says: the
// project where it has a name, whether it is over, and the text.
func Headline(m Message) string {
	line := m.Text
	if m.Resolved {
		line = "Resolved: " + line
	}
	if m.Project != "" {
		line = "[" + m.Project + "] " + line
	}
	return line
}

// Clip makes text one line of at most limit characters.
func Clip(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}

// List splits an option at its commas.
func List(option string) []string {
	var all []string
	for item := range strings.SplitSeq(option, ",") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}
