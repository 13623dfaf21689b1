package def

import (
	"fmt"
	"slices"
	"strings"
)

// nearest returns the candidate that word most likely means. It is false when
// none is near enough to be a slip of the hand.
func nearest(word string, candidates []string) (string, bool) {
	best, bestCost := "", max(2, len(word)/3)*2+1
	for _, c := range candidates {
		cost := 2 * distance(strings.ToLower(word), strings.ToLower(c))
		if !strings.EqualFold(word, c) || word != c {
			cost += distance(word, c) & 1 // among equals, the one of the same case
		}
		if cost < bestCost {
			best, bestCost = c, cost
		}
	}
	return best, best != ""
}

// didYouMean is the remedy for a word that is none of the candidates. Few
// candidates are listed, of many the nearest is named.
func didYouMean(what, word string, candidates []string) string {
	if best, ok := nearest(word, candidates); ok {
		return fmt.Sprintf("did you mean %q?", best)
	}
	switch {
	case len(candidates) == 0:
		return "there is no " + what + " yet"
	case len(candidates) <= 8:
		return "use " + oneOf(candidates)
	}
	return ""
}

// oneOf lists choices: "a, b or c".
func oneOf(choices []string) string {
	if len(choices) < 2 {
		return strings.Join(choices, "")
	}
	last := len(choices) - 1
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}

// sortedKeys returns the keys of m in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// distance is the number of insertions, deletions, replacements and swaps of
// neighbours that turn a into b. Words longer than 64 bytes are cut: a name
// that long is no slip.
func distance(a, b string) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	var older []int
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := prev[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(prev[j]+1, row[j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, prev = prev, row
	}
	return prev[len(b)]
}
