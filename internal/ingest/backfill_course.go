package ingest

import (
	"github.com/longshore/longshore/internal/plan"
)

// portion is what a part of a backfill does: it ingests Files, does the scan or
// the range of File that work says, or settles files whose ranges are over.
type portion struct {
	work
	File   *split  `json:"file,omitempty"`
	Settle []split `json:"settle,omitempty"`
}

const (
	// turnAt is how much may wait for the next wave, in parts or files: so much that
	// workers seldom wait for one another at its beginning, so little that the
	// producer keeps it in memory.
	turnAt = 256
	// settledAtOnce is how many files a part settles.
	settledAtOnce = 16
)

// course lays out the parts of a backfill as its files come. The ranges of a text
// that is scanned are read in the wave after that, and a file that is split is
// settled in the wave after that of its ranges; whatever else comes fills the
// waves up:
//
//	wave 0   files ─ scans of A ─ files ─ row groups of B ─ scans of C
//	wave 1   ranges of A and C ─ settle B ─ files ─ scans of D
//	wave 2   ranges of D ─ settle A, C
//	wave 3   settle D
//
// It is pure. What it keeps doesn't grow with the files, but for a number per wave.
type course struct {
	cut     plan.Cutter
	parts   int       // so far
	begun   int       // how many of them are of waves that are over
	waves   []int     // parts of each of those
	ranges  []portion // of the texts that this wave scans
	scanned []split   // these texts
	read    []split   // files whose ranges this wave reads
}

// whole adds a file that one part ingests, and returns the parts that are complete.
func (c *course) whole(f plan.File) []portion {
	if full := c.cut.Add(f); full != nil {
		return c.emit(portion{work: work{Files: full}})
	}
	return nil
}

// split adds a file that several parts ingest, and returns the parts that are complete.
func (c *course) split(s split) []portion {
	file := &s
	now, then := file.parts(0, c.parts, nil)
	var out []portion
	for _, w := range now {
		out = append(out, c.emit(portion{work: w, File: file})...)
	}
	for _, w := range then {
		c.ranges = append(c.ranges, portion{work: w, File: file})
	}
	if len(then) > 0 {
		c.scanned = append(c.scanned, s)
	} else {
		c.read = append(c.read, s)
	}
	if len(c.ranges)+len(c.read) >= turnAt {
		out = append(out, c.turn()...)
	}
	return out
}

// turn begins the next wave, and returns what waited for it.
func (c *course) turn() []portion {
	if c.parts > c.begun {
		c.waves, c.begun = append(c.waves, c.parts-c.begun), c.parts
	}
	next := c.ranges
	for settle := c.read; len(settle) > 0; {
		n := min(len(settle), settledAtOnce)
		next = append(next, portion{Settle: settle[:n:n]})
		settle = settle[n:]
	}
	c.ranges, c.scanned, c.read = nil, nil, c.scanned
	return c.emit(next...)
}

// rest returns the last parts.
func (c *course) rest() (out []portion) {
	if files := c.cut.Rest(); files != nil {
		out = c.emit(portion{work: work{Files: files}})
	}
	for len(c.ranges)+len(c.read) > 0 {
		out = append(out, c.turn()...)
	}
	return out
}

// sizes returns how many parts each wave has; nil where one is all.
func (c *course) sizes() []int {
	if len(c.waves) == 0 {
		return nil
	}
	return append(c.waves, c.parts-c.begun)
}

func (c *course) emit(parts ...portion) []portion {
	c.parts += len(parts)
	return parts
}
