package ingest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/plan"
)

// laid is a course and what came of it: a letter and a number for each part.
type laid struct {
	course
	out  []portion
	most int // that waited at a time
}

func (l *laid) add(name string) {
	var out []portion
	switch file := (plan.File{Key: name, Size: 300}); name[0] {
	case 't': // a text of three ranges, and a scan for two of them
		out = l.split(split{File: file, RangeBytes: 100, PerScan: 2})
	case 'g': // row groups
		out = l.split(split{File: file, RangeBytes: 100})
	default:
		out = l.whole(file)
	}
	l.out = append(l.out, out...)
	l.most = max(l.most, len(l.ranges)+len(l.scanned)+len(l.read))
}

func (l *laid) words(from, to int) string {
	var words []string
	for _, p := range l.out[from:to] {
		switch {
		case p.Scan > 0:
			words = append(words, fmt.Sprintf("%s.s%d", p.File.File.Key, p.Scan))
		case p.Range > 0:
			words = append(words, fmt.Sprintf("%s.%d", p.File.File.Key, p.Range))
		case len(p.Settle) > 0:
			word := "="
			for _, s := range p.Settle {
				word += s.File.Key
			}
			words = append(words, word)
		default:
			for _, f := range p.Files {
				words = append(words, f.Key)
			}
		}
	}
	return strings.Join(words, " ")
}

func TestCourse(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		want  []string // a wave each
	}{
		{"nothing", nil, nil},
		{"whole files are one wave", []string{"a", "b"}, []string{"a b"}},
		{"row groups need no scan", []string{"a", "g", "b"}, []string{"g.1 g.2 g.3 a b", "=g"}},
		{"a text is scanned, read, settled", []string{"t"}, []string{"t.s1 t.s2", "t.1 t.2 t.3", "=t"}},
		{"all together", []string{"a", "t", "g", "b"}, []string{"t.s1 t.s2 g.1 g.2 g.3 a b", "t.1 t.2 t.3 =g", "=t"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := laid{course: course{cut: plan.Cutter{Limits: plan.Limits{Files: 1}}}}
			for _, name := range c.files {
				l.add(name)
			}
			l.out = append(l.out, l.rest()...)
			sizes := l.sizes()
			if len(sizes) == 0 && l.parts > 0 {
				sizes = []int{l.parts}
			}
			var got []string
			first := 0
			for _, n := range sizes {
				got = append(got, l.words(first, first+n))
				first += n
			}
			if !slices.Equal(got, c.want) || first != len(l.out) || l.parts != first {
				t.Errorf("got %q of %d parts, want %q", got, l.parts, c.want)
			}
		})
	}
}

// However many files are split, few wait, and each range finds its scan.
func TestALongCourse(t *testing.T) {
	const files = 2000
	l := laid{course: course{cut: plan.Cutter{Limits: plan.Limits{Files: 1}}}}
	for n := range files {
		l.add(fmt.Sprintf("t%d", n))
		l.add(fmt.Sprintf("g%d", n))
	}
	l.out = append(l.out, l.rest()...)
	if l.most > 2*turnAt {
		t.Errorf("got %d that waited, want %d at most", l.most, 2*turnAt)
	}
	waves := l.sizes()
	if sum := 0; len(waves) < 5 {
		t.Errorf("got %d waves", len(waves))
	} else {
		for _, n := range waves {
			sum += n
		}
		if sum != len(l.out) {
			t.Errorf("got waves of %d parts together, want %d", sum, len(l.out))
		}
	}
	wave := func(part int) int {
		for w, n := range waves {
			if part -= n; part < 0 {
				return w
			}
		}
		return -1
	}
	scans, ranges, settled := 0, map[string]int{}, map[string]bool{}
	for part, p := range l.out {
		switch {
		case p.Scan > 0:
			scans++
			if p.File.Scan+p.Scan-1 != part {
				t.Fatalf("scan %d of %s is part %d, want %d", p.Scan, p.File.File.Key, part, p.File.Scan+p.Scan-1)
			}
		case p.Range > 0:
			ranges[p.File.File.Key] = wave(part)
			if p.File.PerScan > 0 && wave(p.File.Scan+1) >= wave(part) {
				t.Fatalf("range %d of %s is read in the wave of its scans", p.Range, p.File.File.Key)
			}
		}
		for _, s := range p.Settle {
			if settled[s.File.Key] = true; ranges[s.File.Key] >= wave(part) {
				t.Fatalf("%s is settled in the wave of its ranges", s.File.Key)
			}
		}
	}
	if scans != 2*files || len(ranges) != 2*files || len(settled) != 2*files {
		t.Errorf("got %d scans, ranges of %d files, %d files settled", scans, len(ranges), len(settled))
	}
}
