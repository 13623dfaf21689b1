package diff

import (
	"context"
	"slices"
)

// Merge is the rows of several sources in order. Rows of one key come in the
// order of the sources.
type Merge struct {
	sources []Source
	heap    []merging // the first has the present row
	begun   bool
}

// merging is a source with a row.
type merging struct {
	hash  uint64 // of the row, beside the source for the processor's cache
	place int    // of the source among all
	head  *Head  // of the row
	Source
}

// NewMerge returns a source over the rows of all.
func NewMerge(sources ...Source) *Merge { return &Merge{sources: sources} }

// Next implements Source.
func (m *Merge) Next(ctx context.Context) (bool, error) {
	if !m.begun {
		return m.begin(ctx)
	}
	if len(m.heap) == 0 {
		return false, nil
	}
	ok, err := m.heap[0].Next(ctx)
	if err != nil {
		return false, err
	}
	if !ok {
		last := len(m.heap) - 1
		m.heap[0] = m.heap[last]
		m.heap = m.heap[:last]
	} else {
		m.heap[0].head = m.heap[0].Source.Head()
		m.heap[0].hash = m.heap[0].head.Hash
	}
	m.sink(0)
	return len(m.heap) > 0, nil
}

func (m *Merge) begin(ctx context.Context) (bool, error) {
	m.begun = true
	for i, s := range m.sources {
		ok, err := s.Next(ctx)
		if err != nil {
			return false, err
		}
		if ok {
			m.heap = append(m.heap, merging{s.Head().Hash, i, s.Head(), s})
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.sink(i)
	}
	return len(m.heap) > 0, nil
}

func (m *Merge) sink(i int) {
	for {
		child := 2*i + 1
		if child >= len(m.heap) {
			return
		}
		if other := child + 1; other < len(m.heap) && m.less(other, child) {
			child = other
		}
		if !m.less(child, i) {
			return
		}
		m.heap[i], m.heap[child] = m.heap[child], m.heap[i]
		i = child
	}
}

func (m *Merge) less(i, j int) bool {
	a, b := &m.heap[i], &m.heap[j]
	if a.hash != b.hash {
		return a.hash < b.hash
	}
	if c := a.head.compare(b.head); c != 0 {
		return c < 0
	}
	return a.place < b.place
}

// Head implements Source.
func (m *Merge) Head() *Head { return m.heap[0].head }

// Body implements Source.
func (m *Merge) Body() ([]byte, error) { return m.heap[0].Body() }

// Close implements Source.
func (m *Merge) Close() {
	for _, s := range m.sources {
		s.Close()
	}
}

// Layers is a baseline's rows: of each key the row of the newest source that has
// one, unless that took it away.
type Layers struct {
	*Merge
	last    Head // whose older rows are to be left out; owns its key
	begun   bool
	goneAt  int // rows that a source took away are rows from this one on
	sources int
}

// NewLayers returns a source over the rows that layers, the oldest first, make up.
func NewLayers(layers ...Source) *Layers {
	newest := slices.Clone(layers)
	slices.Reverse(newest)
	return &Layers{Merge: NewMerge(newest...), goneAt: len(layers), sources: len(layers)}
}

// WithGone has the layers give rows that are gone, too, where a source from the
// given one on took them away.
func (l *Layers) WithGone(from int) { l.goneAt = from }

// Layer returns which source the present row comes from, counted from the oldest.
func (l *Layers) Layer() int { return l.sources - 1 - l.heap[0].place }

// Next implements Source.
func (l *Layers) Next(ctx context.Context) (bool, error) {
	for {
		ok, err := l.Merge.Next(ctx)
		if !ok || err != nil {
			return false, err
		}
		h := l.Head()
		if l.begun && h.compare(&l.last) == 0 {
			continue
		}
		l.begun = true
		l.last.Hash, l.last.Key = h.Hash, append(l.last.Key[:0], h.Key...)
		if !h.Gone || l.Layer() >= l.goneAt {
			return true, nil
		}
	}
}
