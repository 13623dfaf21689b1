package plan_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/longshore/longshore/internal/plan"
)

func TestPrefixesOfAPattern(t *testing.T) {
	tests := []struct {
		name, path string
		want       []string
	}{
		{"no pattern", "in/x", []string{"in/x"}},
		{"everything", "", []string{""}},
		{"before a star", "in/a*.csv", []string{"in/a"}},
		{"across segments", "**/x", []string{""}},
		{"years and months", "{2024,2025}/{01..03}/*.csv", []string{"2024/01/", "2024/02/", "2024/03/", "2025/01/", "2025/02/", "2025/03/"}},
		{"braces behind a star don't narrow", "in/*/{a,b}.csv", []string{"in/"}},
		{"a star in an alternative ends it alone", "{orders,cust*}/x.csv", []string{"cust", "orders/x.csv"}},
		{"an alternative twice", "{a,a}/{b,b}", []string{"a/b"}},
		{"one is the beginning of another", "{a,a/b,ab}/*", []string{"a/", "ab/"}},
		{"an empty one is the beginning of all", "in/{,2024}*", []string{"in/"}},
		{"an ending more", "x.csv{,.gz,.zst}", []string{"x.csv"}},
		{"in the order of bytes", "{é,z,A}/*", []string{"A/", "z/", "é/"}},
		{"numbers without a width", "p{8..11}/*", []string{"p10/", "p11/", "p8/", "p9/"}},
		{"too many numbers share their beginnings", "d{0000..4999}/*", beginnings("d", 50, "%02d")},
		{"too many, and what follows doesn't count", "{000..199}/{a,b}", beginnings("", 20, "%02d")},
		{"too many products: the first braces count", "{01..60}/{01..60}/*", beginnings("", 60, "%02d/", 1)},
		{"the second braces are cut", "{1..7}/{00..99}/*", product(7, 10)},
		{"characters aren't cut", "{é,ê,ë}{01..99}/*", []string{"é0", "é1", "é2", "é3", "é4", "é5", "é6", "é7", "é8", "é9",
			"ê0", "ê1", "ê2", "ê3", "ê4", "ê5", "ê6", "ê7", "ê8", "ê9", "ë0", "ë1", "ë2", "ë3", "ë4", "ë5", "ë6", "ë7", "ë8", "ë9"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := plan.ParsePattern("s3://bkt/" + tt.path)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(p.Prefixes, tt.want) {
				t.Errorf("got %q, want %q", p.Prefixes, tt.want)
			}
		})
	}
}

// beginnings are n numbers in a format, counted from 0 or from first.
func beginnings(head string, n int, format string, first ...int) []string {
	var out []string
	for i := range n {
		for _, f := range first {
			i += f
		}
		out = append(out, head+fmt.Sprintf(format, i))
	}
	return out
}

func product(first, second int) []string {
	var out []string
	for i := range first {
		for j := range second {
			out = append(out, fmt.Sprintf("%d/%d", i+1, j))
		}
	}
	return out
}

// matches says what a pattern means, another way: braces are written out, and
// each glob without them is followed character by character.
func matches(glob, key string) bool {
	if strings.HasSuffix(key, "/") {
		return false
	}
	if !strings.ContainsAny(glob, "*?{}") {
		return strings.HasPrefix(key, glob)
	}
	return slices.ContainsFunc(writtenOut(glob), func(glob string) bool { return follows(glob, key, map[[2]int]bool{}) })
}

func writtenOut(glob string) []string {
	head, rest, found := strings.Cut(glob, "{")
	if !found {
		return []string{glob}
	}
	body, tail, _ := strings.Cut(rest, "}")
	choices := strings.Split(body, ",")
	var low, high int
	if n, _ := fmt.Sscanf(body, "%d..%d", &low, &high); n == 2 && len(choices) == 1 {
		choices = nil
		from, to, _ := strings.Cut(body, "..")
		for i := low; i <= high; i++ {
			text := strconv.Itoa(i)
			for (len(from) == len(to) || from[0] == '0' && len(from) > 1) && len(text) < len(from) {
				text = "0" + text
			}
			choices = append(choices, text)
		}
	}
	var out []string
	for _, choice := range choices {
		for _, end := range writtenOut(tail) {
			out = append(out, joined(head, joined(choice, end)))
		}
	}
	return out
}

// edge stands where a brace was, between two parts that would mean something else
// as one: {*,a}* isn't **. It is in no key.
const edge = "\xff"

func joined(head, tail string) string {
	if strings.HasSuffix(head, "*") && (strings.HasPrefix(tail, "*") || strings.HasPrefix(tail, "/")) {
		return head + edge + tail
	}
	return head + tail
}

// follows keeps the pairs of ends that were tried in vain.
func follows(glob, key string, vain map[[2]int]bool) bool {
	at := [2]int{len(glob), len(key)}
	if vain[at] {
		return false
	}
	ok := false
	_, size := utf8.DecodeRuneInString(key)
	switch {
	case glob == "":
		return key == ""
	case strings.HasPrefix(glob, edge):
		ok = follows(glob[1:], key, vain)
	case strings.HasPrefix(glob, "**/"):
		ok = follows(glob[3:], key, vain)
		for i := range key {
			ok = ok || key[i] == '/' && follows(glob[3:], key[i+1:], vain)
		}
	case strings.HasPrefix(glob, "**"):
		ok = follows(glob[2:], key, vain) || key != "" && follows(glob, key[size:], vain)
	case glob[0] == '*':
		ok = follows(glob[1:], key, vain) || key != "" && key[0] != '/' && follows(glob, key[size:], vain)
	case key == "":
	case glob[0] == '?':
		ok = key[0] != '/' && follows(glob[1:], key[size:], vain)
	default:
		ok = glob[0] == key[0] && follows(glob[1:], key[1:], vain)
	}
	vain[at] = !ok
	return ok
}

// listed reports whether the listings of a pattern give a key, and how often.
func listed(p *plan.Pattern, key string) (times int) {
	for _, prefix := range p.Prefixes {
		if strings.HasPrefix(key, prefix) {
			times++
		}
	}
	return times
}

// manyDigits are ranges that written out would be many thousands of globs.
var manyDigits = regexp.MustCompile(`\d{4}|\d{3}.*\{.*\d{3}`)

func FuzzPatternAgainstItsMeaning(f *testing.F) {
	for _, seed := range [][2]string{
		{"in/**/*.csv", "in/x/a.csv"}, {"{a,b}?{1..3}", "aé3"}, {"a{,}b", "ab"}, {"**", "x//y"}, {"{01..12}/{8..11}*", "07/9z"},
		{"a**/b", "ab"}, {"{000..999}/{00..09}", "123/05"}, {"{x*,y?}/**", "yz/a/b"}, {"/a//{b c,b+c,b%20c}", "/a//b+c"},
		{"{a,ab,abc}*", "abcd"}, {"é{ü,u}\x01?", "éü\x01/"}, {"in/{*.csv,**/x}", "in/a/x"}, {"*{a,b}", "xb"}, {"{,*}*", "a/b"}, {"{**,a}/x", "x"}, {"", "any"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, path, key string) {
		p, err := plan.ParsePattern("s3://bkt/" + path)
		if err != nil || strings.Count(path, "{") > 2 || manyDigits.MatchString(path) || len(path)+len(key) > 100 || !utf8.ValidString(path+key) {
			return
		}
		got := p.Match(key)
		if want := matches(path, key); got != want {
			t.Errorf("%q and %q: got %v, want %v", path, key, got, want)
		}
		if times := listed(p, key); got && times != 1 || times > 1 {
			t.Errorf("%q matches %q: listed %d times by %q", path, key, times, p.Prefixes)
		}
		if !slices.IsSorted(p.Prefixes) || len(p.Prefixes) > 100 || len(p.Prefixes) == 0 {
			t.Errorf("%q: got %q", path, p.Prefixes)
		}
		if got && !strings.HasPrefix(key, p.Prefix) {
			t.Errorf("%q matches %q without its prefix %q", path, key, p.Prefix)
		}
	})
}
