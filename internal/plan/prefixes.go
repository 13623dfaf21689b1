package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxListings is into how many listings a pattern is cut at most. Each is one
// request, also where it finds nothing.
const maxListings = 100

// prefixes returns where to list for a checked glob: every key that matches
// begins with exactly one of them. They are in the order of their bytes and none
// begins with another, so that the listings, one after another, give each key
// once and in order (TestPrefixesOfAPattern, FuzzPatternAgainstItsMeaning).
//
// Braces are written out as long as that makes no more than limit prefixes. Then
// their alternatives are cut to as many characters as keep to the limit.
func prefixes(glob string, limit int) []string {
	open, ended := []string{""}, []string(nil) // ended: a * or ? follows
	for len(open) > 0 && glob != "" {
		at := strings.IndexAny(glob, "*?{")
		switch {
		case at < 0:
			open, glob = join(open, []string{glob}), ""
		case at > 0:
			open, glob = join(open, []string{glob[:at]}), glob[at:]
		case glob[0] != '{':
			return disjoint(append(ended, open...))
		default:
			body, rest, _ := strings.Cut(glob[1:], "}")
			choices := narrowed(body, (limit-len(ended))/len(open))
			ended = append(ended, join(open, choices.ended)...)
			open, glob = join(open, choices.open), rest
		}
	}
	return disjoint(append(ended, open...))
}

// choices is what the alternatives of one pair of braces begin with.
type choices struct {
	open  []string // whole alternatives: what follows the braces follows them
	ended []string // what stands before a * or ?, or was cut off
}

// narrowed returns the alternatives of braces, cut where they are more than limit.
func narrowed(body string, limit int) choices {
	var c choices
	for alternative := range alternatives(body) {
		if at := strings.IndexAny(alternative, "*?"); at >= 0 {
			c.ended = append(c.ended, alternative[:at])
			continue
		}
		c.open = append(c.open, alternative)
	}
	if len(c.open)+len(c.ended) <= limit {
		return c
	}
	all := append(c.open, c.ended...)
	for size := longest(all); size > 0; size-- {
		if cut := disjoint(cutTo(all, size)); len(cut) <= limit {
			return choices{ended: cut}
		}
	}
	return choices{ended: []string{""}}
}

// alternatives yields what stands between { and }, the numbers of a range
// written out.
func alternatives(body string) func(yield func(string) bool) {
	from, to, isRange := strings.Cut(body, "..")
	low, errLow := strconv.ParseUint(from, 10, 63)
	high, errHigh := strconv.ParseUint(to, 10, 63)
	if !isRange || errLow != nil || errHigh != nil {
		return strings.SplitSeq(body, ",")
	}
	return func(yield func(string) bool) {
		for n := low; n <= high; n++ {
			if !yield(fmt.Sprintf("%0*d", width(from, to), n)) {
				return
			}
		}
	}
}

// width returns to how many digits the numbers of a range are filled up.
func width(from, to string) int {
	if len(from) == len(to) || from[0] == '0' && len(from) > 1 {
		return len(from)
	}
	return 0
}

func join(heads, tails []string) []string {
	out := make([]string, 0, len(heads)*len(tails))
	for _, head := range heads {
		for _, tail := range tails {
			out = append(out, head+tail)
		}
	}
	return out
}

func longest(texts []string) (size int) {
	for _, t := range texts {
		size = max(size, len(t))
	}
	return size
}

// cutTo returns texts of at most so many bytes, whole characters each.
func cutTo(texts []string, size int) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		end := min(size, len(t))
		for end < len(t) && end > 0 && !utf8.RuneStart(t[end]) {
			end--
		}
		out[i] = t[:end]
	}
	return out
}

// disjoint sorts prefixes and leaves out those that begin with another.
func disjoint(all []string) []string {
	slices.Sort(all)
	var out []string
	for _, p := range all {
		if len(out) == 0 || !strings.HasPrefix(p, out[len(out)-1]) {
			out = append(out, p)
		}
	}
	return out
}
