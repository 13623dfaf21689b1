package format

import "context"

// Splitter is a Reader of text whose files can be read in ranges, by several
// workers at once, as if they were read from the beginning by one.
//
// Where rows begin can't be told from the middle of a file: a line feed may stand
// in quotes. So ranges are scanned on the guess that they begin outside of
// quotes, which is wrong for a few rows at most, because a quote that opens
// nothing makes the reader give up its row at the next line feed. A scan returns where its
// first rows began; when the ranges before it are scanned too, it is known whether
// that is where they really begin (package ingest). Nothing of the guess is
// believed: TestRangesAreTheFile.
type Splitter interface {
	Reader
	// Start reads the beginning of a file: its header, and what tells the dialect.
	// It returns the options to read ranges with, and where the first row begins.
	Start(ctx context.Context, in Input, columns []Column, opts ReadOptions) (ReadOptions, Mark, error)
	// Scan finds where rows begin, in a file whose options Start returned.
	Scan(ctx context.Context, in Input, opts ReadOptions, s Stretch) ([]Mark, error)
}

// Mark is the beginning of a row, or the end of the file.
type Mark struct {
	// Offset is where it is in the file, in bytes.
	Offset int64 `json:"o"`
	// Rows, Blanks and Lines are how many there are before it: since the beginning
	// of the file, or in what Scan returns since its first mark. Blank lines aren't
	// counted as rows, even where they are some.
	Rows   int64 `json:"r"`
	Blanks int64 `json:"b,omitempty"`
	Lines  int64 `json:"l"`
}

// Since returns m, which was counted from another mark, as counted from where
// that one was.
func (m Mark) Since(origin, there Mark) Mark {
	return Mark{m.Offset, m.Rows - origin.Rows + there.Rows, m.Blanks - origin.Blanks + there.Blanks, m.Lines - origin.Lines + there.Lines}
}

// Stretch is what a scan looks at: the rows from one offset on, to the first that
// begins at or after the last of some others.
type Stretch struct {
	// From is where the stretch begins, in bytes. Where Sure is set a row begins
	// there, as does Input.Stream. Otherwise the first one is taken to begin behind the first
	// line feed from the byte before From on, and there Input.Stream begins.
	From int64
	Sure bool
	// First is how many of the first rows are returned.
	First int
	// Ends is offsets, ascending. Returned is the first row at or after each, or the
	// end of the file.
	Ends []int64
}
