package diff

import (
	"context"
	"errors"
)

// LevelWriter writes a run's level of a baseline: its changes, and what those
// levels say that it takes the place of.
type LevelWriter struct {
	rows *Writer
	// heads is the rows without their bodies; nil where bodies aren't kept.
	heads *Writer
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
	w := &LevelWriter{keep: keep, before: before, keysOnly: keysOnly}
	var err error
	if w.rows, err = NewWriter(ctx, store, name, Zstd); err != nil {
		return nil, err
	}
	if !keysOnly {
		if w.heads, err = NewWriter(ctx, store, name+"-heads", Zstd); err != nil {
			return nil, err
		}
	}
	if keep > 0 {
		before.WithGone(keep)
	}
	return w, nil
}

// Close makes the file visible, as Writer's does.
func (w *LevelWriter) Close() (FileInfo, error) {
	info, err := w.rows.Close()
	if err != nil || w.heads == nil {
		return info, err
	}
	if info.Rows == 0 || info.Index <= indexEntry+8 {
		return info, w.heads.Abort() // of one block all is read anyway
	}
	heads, err := w.heads.Close()
	info.Heads = &heads
	return info, err
}

// Abort leaves nothing of a file that isn't closed.
func (w *LevelWriter) Abort() error {
	err := w.rows.Abort()
	if w.heads != nil {
		err = errors.Join(err, w.heads.Abort())
	}
	return err
}

func (w *LevelWriter) add(h *Head, body []byte) error {
	if w.heads != nil {
		if err := w.heads.Add(h, nil); err != nil {
			return err
		}
	}
	return w.rows.Add(h, body)
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
		return w.add(&gone, nil)
	case Unchanged:
		if w.keep > 0 && w.before.Layer() < w.keep {
			return nil
		}
	case Added, Changed:
	}
	if w.keysOnly {
		return w.add(head, nil)
	}
	b, err := body()
	if err != nil {
		return err
	}
	return w.add(head, b)
}
