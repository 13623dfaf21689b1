package diff

import (
	"time"
)

// BaselineFormat is the version of the encodings of rows, keys and files. A
// baseline of another one can't be compared with.
const BaselineFormat = 1

// Baseline is the rows that a sync sent last: a version that never changes once
// written.
type Baseline struct {
	Format int    `json:"format"`
	Mode   string `json:"mode"`
	// Key is the primary key's columns.
	Key []KeyColumn `json:"key"`
	// Schema is that of the bodies as an Arrow IPC stream. It is empty where only
	// keys are kept.
	Schema []byte `json:"schema,omitempty"`
	// Rows is how many rows the levels make up.
	Rows int64 `json:"rows"`
	// Changes is how many rows the run found added, changed and removed. Zero where
	// it compared with nothing.
	Changes int64 `json:"changes"`
	// Levels are a base and the changes of later runs, the oldest first. Runs share
	// the files of older levels.
	Levels      []Level   `json:"levels"`
	CommittedAt time.Time `json:"committed_at"`
}

// Level is what one run added to a baseline.
type Level struct {
	// Run is the run that wrote the files.
	Run string `json:"run"`
	// Files have ranges of hashes that follow each other.
	Files []FileInfo `json:"files"`
}

func (l *Level) rows() (n int64) {
	for _, f := range l.Files {
		n += f.Rows
	}
	return n
}

// Keep returns how many of the levels, the oldest, the next run leaves as they
// are. It writes what the others say anew, together with its changes, as one
// level; zero means a new base. A level is left only if it has more than twice
// the rows of all that come after it, supposing that the next run changes as
// much as the last one did. So the number of levels, and how often a row is
// written again, grow with the logarithm of the rows.
func (b *Baseline) Keep() int {
	keep, after := len(b.Levels), b.Changes
	for keep > 0 && b.Levels[keep-1].rows() <= 2*after {
		after += b.Levels[keep-1].rows()
		keep--
	}
	return keep
}

// Open returns a source over the baseline's rows in a range. It holds about as
// many bytes as memory says.
func (b *Baseline) Open(store Store, within Range, memory int64) *Layers {
	return b.open(store, memory, func(_ int, f FileInfo) *Cursor { return &Cursor{file: f, within: within} })
}

// OpenHeads is Open, but rows of the first so many levels have no bodies, where
// these can be left out.
func (b *Baseline) OpenHeads(store Store, within Range, levels int, memory int64) *Layers {
	return b.open(store, memory, func(level int, f FileInfo) *Cursor {
		if level < levels && f.Heads != nil {
			return &Cursor{file: *f.Heads, within: within, bare: true}
		}
		return &Cursor{file: f, within: within}
	})
}

// OpenSome is Open, but only rows whose keys have one of these hashes, of which
// there are some in ascending order, are sure to be among those of the source.
func (b *Baseline) OpenSome(store Store, hashes []uint64, memory int64) *Layers {
	within := Range{From: hashes[0], To: hashes[len(hashes)-1] + 1}
	return b.open(store, memory, func(_ int, f FileInfo) *Cursor { return &Cursor{file: f, within: within, wanted: hashes} })
}

func (b *Baseline) open(store Store, memory int64, cursor func(level int, f FileInfo) *Cursor) *Layers {
	layers := make([]Source, len(b.Levels))
	for i, l := range b.Levels {
		var files []Source // one is read at a time
		for _, f := range l.Files {
			if c := cursor(i, f); c.within.overlaps(f) {
				newFetches(store, []*Cursor{c}, memory/int64(len(b.Levels)))
				files = append(files, c)
			}
		}
		layers[i] = NewChain(files...)
	}
	return NewLayers(layers...)
}
