package diff

import "context"

// LevelWriter writes a run's level of a baseline: its changes, and what those
// levels say that it takes the place of.
type LevelWriter struct {
	*Writer
	// Keep is how many levels stay as they are; before is all of them.
	keep   int
	before *Layers
	// keysOnly is set where bodies aren't kept.
	keysOnly bool
}

// NewLevelWriter begins a file of the level that follows the first so many of a
// baseline's. Before is the rows of all its levels, as Compare goes through them
// with the writer's Visit; nil where there are none, or none is kept.
func NewLevelWriter(ctx context.Context, store Store, name string, keep int, before *Layers, keysOnly bool) (*LevelWriter, error) {
	w, err := NewWriter(ctx, store, name, Zstd)
	if err != nil {
		return nil, err
	}
	if keep > 0 {
		before.WithGone(keep)
	}
	return &LevelWriter{Writer: w, keep: keep, before: before, keysOnly: keysOnly}, nil
}

// Visit adds what the level has to say of a row. Body is called where the level
// keeps the row's.
func (w *LevelWriter) Visit(op Op, head *Head, body func() ([]byte, error)) error {
	switch op {
	case Removed, Gone:
		if w.keep == 0 {
			return nil // a base has rows only
		}
		gone := *head
		gone.Gone, gone.Row = true, RowHash{}
		return w.Add(&gone, nil)
	case Unchanged:
		if w.keep > 0 && w.before.Layer() < w.keep {
			return nil
		}
	case Added, Changed:
	}
	if w.keysOnly {
		return w.Add(head, nil)
	}
	b, err := body()
	if err != nil {
		return err
	}
	return w.Add(head, b)
}
