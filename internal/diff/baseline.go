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

// maxLevels is how many levels a baseline has at most: each is read along with
// the others.
const maxLevels = 8

// Full reports whether the next run should write a new base rather than another
// level of changes: when there are many levels, or the changes come to half of
// the base.
func (b *Baseline) Full() bool {
	if len(b.Levels) == 0 || len(b.Levels) >= maxLevels {
		return true
	}
	var changes int64
	for _, l := range b.Levels[1:] {
		changes += l.rows()
	}
	return changes*2 >= b.Levels[0].rows()
}

// Open returns a source over the baseline's rows in a range. It holds about as
// many bytes as memory says.
func (b *Baseline) Open(store Store, within Range, memory int64) Source {
	layers := make([]Source, len(b.Levels))
	for i, l := range b.Levels {
		var files []Source // one is read at a time
		for _, f := range l.Files {
			if within.overlaps(f) {
				files = append(files, NewCursor(store, f, within, memory/int64(len(b.Levels))))
			}
		}
		layers[i] = NewChain(files...)
	}
	return NewLayers(layers...)
}
