package diff

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
)

// SortConfig says how a Sorter sorts.
type SortConfig struct {
	// Store takes the files that don't fit in memory. Their names begin with Name.
	Store Store
	Name  string
	// Memory is how many bytes of rows are held, keys and bodies and what is kept
	// of each row besides.
	Memory int64
	// Fanin is how many files are merged into one at a time, at least 2.
	Fanin int
}

// Sorter sorts rows by the hash of their key. While one half of its memory is
// sorted and written, the other is filled.
type Sorter struct {
	cfg     SortConfig
	filling *arena
	idle    *arena // nil while it is written
	writing *errgroup.Group
	tiers   [][]FileInfo // files by how often their rows were merged; belongs to writing while there is one
	written int          // files so far, for their names
}

// NewSorter returns an empty Sorter.
func NewSorter(cfg SortConfig) *Sorter {
	return &Sorter{cfg: cfg, filling: &arena{}, idle: &arena{}}
}

// Add takes a copy of a row. Whoever wants rows in another order than that of
// their keys' hashes gives them other hashes.
func (s *Sorter) Add(ctx context.Context, h *Head, body []byte) error {
	if s.filling.size() >= s.cfg.Memory/2 {
		if err := s.spill(ctx); err != nil {
			return err
		}
	}
	s.filling.add(h, body)
	return nil
}

// spill has the full arena written while the other is filled.
func (s *Sorter) spill(ctx context.Context) error {
	if err := s.wait(); err != nil {
		return err
	}
	full := s.filling
	s.filling, s.idle = s.idle, full
	s.writing = new(errgroup.Group)
	s.writing.Go(func() error {
		defer full.reset()
		return s.write(ctx, full)
	})
	return nil
}

func (s *Sorter) wait() error {
	if s.writing == nil {
		return nil
	}
	err := s.writing.Wait()
	s.writing = nil
	return err
}

func (s *Sorter) write(ctx context.Context, a *arena) error {
	f, err := s.file(ctx, a.sorted())
	if err != nil {
		return err
	}
	return s.keep(ctx, 0, f)
}

// keep adds a file to a tier, and merges a tier that has too many.
func (s *Sorter) keep(ctx context.Context, tier int, f FileInfo) error {
	if tier == len(s.tiers) {
		s.tiers = append(s.tiers, nil)
	}
	s.tiers[tier] = append(s.tiers[tier], f)
	if len(s.tiers[tier]) < max(s.cfg.Fanin, 2) {
		return nil
	}
	f, err := s.merge(ctx, s.tiers[tier], Range{})
	if err != nil {
		return err
	}
	s.tiers[tier] = nil
	return s.keep(ctx, tier+1, f)
}

// merge writes the rows of a range of several files into one.
func (s *Sorter) merge(ctx context.Context, files []FileInfo, within Range) (FileInfo, error) {
	merged := NewMerge(Open(s.cfg.Store, files, within, s.cfg.Memory/2)...)
	defer merged.Close()
	return s.file(ctx, merged)
}

// Few returns files with the same rows of a range, at most Fanin of them: where
// there are more, it merges the smallest. So the memory of a cursor over each is
// bounded, however many wrote files (TestManySortersLeaveFewFiles).
func (s *Sorter) Few(ctx context.Context, files []FileInfo, within Range) ([]FileInfo, error) {
	files = slices.DeleteFunc(slices.Clone(files), func(f FileInfo) bool { return !within.overlaps(f) })
	most := max(s.cfg.Fanin, 2)
	for len(files) > most {
		slices.SortFunc(files, func(a, b FileInfo) int { return cmp.Compare(a.Bytes, b.Bytes) })
		n := min(most, len(files)-most+1)
		f, err := s.merge(ctx, files[:n], within)
		if err != nil {
			return nil, err
		}
		files = append(files[n:], f)
	}
	return files, nil
}

// file writes rows in order.
func (s *Sorter) file(ctx context.Context, rows Source) (FileInfo, error) {
	w, err := NewWriter(ctx, s.cfg.Store, fmt.Sprintf("%s%05d", s.cfg.Name, s.written), S2)
	if err != nil {
		return FileInfo{}, err
	}
	s.written++
	defer w.Abort() //nolint:errcheck // after Close it does nothing, before it another error is reported
	for {
		ok, err := rows.Next(ctx)
		if err != nil {
			return FileInfo{}, err
		}
		if !ok {
			return w.Close()
		}
		body, err := rows.Body()
		if err != nil {
			return FileInfo{}, err
		}
		if err := w.Add(rows.Head(), body); err != nil {
			return FileInfo{}, err
		}
	}
}

// Files writes what is in memory and returns all files, at most Fanin of them.
// The Sorter is then empty.
func (s *Sorter) Files(ctx context.Context) ([]FileInfo, error) {
	if len(s.filling.rows) > 0 {
		if err := s.spill(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.wait(); err != nil {
		return nil, err
	}
	s.filling, s.idle = &arena{}, &arena{} // their memory is wanted for other things now
	files, err := s.Few(ctx, slices.Concat(s.tiers...), Range{})
	s.tiers = nil
	return files, err
}

// Sorted returns all rows in order, for a result that one worker looks at alone:
// what is in memory isn't written. Its cursors hold as many bytes as the Sorter
// did. The Sorter takes no more rows.
func (s *Sorter) Sorted() ([]Source, error) {
	if err := s.wait(); err != nil {
		return nil, err
	}
	s.idle = nil
	files := slices.Concat(s.tiers...)
	return append(Open(s.cfg.Store, files, Range{}, s.cfg.Memory/2), s.filling.sorted()), nil
}

// Stop waits for what is being written, after an error elsewhere.
func (s *Sorter) Stop() { _ = s.wait() }
