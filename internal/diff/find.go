package diff

// Finder finds out which rows of a result a baseline has. Each row of the
// baseline is found once: a second row that is the same isn't. It is used by one
// goroutine.
type Finder struct {
	known   *Known
	marker  marker
	ranges  []foundRange
	places  []finderPlace
	touched uint32 // means nothing
}

// foundRange is which rows of a range were found.
type foundRange struct {
	within Range
	rows   int      // that are known
	bits   []uint64 // one for each
	sum    sum      // of the marks of those that were found
	count  int64
}

// finderPlace is where a row's print would be.
type finderPlace struct {
	in       int // the range
	from, to uint32
	mark     mark
}

// NewFinder returns a Finder that has found nothing yet.
func (k *Known) NewFinder() *Finder {
	f := &Finder{known: k, marker: marker{salt: k.salt}, ranges: make([]foundRange, len(k.ranges))}
	for i, r := range k.ranges {
		f.ranges[i] = foundRange{within: r.within, rows: len(r.prints), bits: make([]uint64, (len(r.prints)+63)/64)}
	}
	return f
}

// Find says of each of some rows whether the baseline has it. What is known
// stands anywhere in memory: rows are looked up in steps, so that the processor
// waits for many at a time.
func (f *Finder) Find(rows []Head, found []bool) {
	f.places = f.places[:0]
	for i := range rows {
		f.places = append(f.places, finderPlace{in: f.known.rangeOf(rows[i].Hash), mark: f.marker.mark(&rows[i])})
	}
	for i := range f.places {
		p := &f.places[i]
		k := &f.known.ranges[p.in]
		at := k.start(rows[i].Hash)
		p.from, p.to = k.starts[at], k.starts[at+1]
	}
	for i := range f.places {
		if p := &f.places[i]; p.from < p.to {
			f.touched += f.known.ranges[p.in].prints[p.from]
		}
	}
	for i := range f.places {
		found[i] = f.take(&f.places[i])
	}
}

// take finds a row of that mark that wasn't found before.
func (f *Finder) take(p *finderPlace) bool {
	prints, out := f.known.ranges[p.in].prints, &f.ranges[p.in]
	want := p.mark.short()
	for i := p.from; i < p.to; i++ {
		if prints[i] != want || out.bits[i/64]>>(i%64)&1 == 1 {
			continue
		}
		out.bits[i/64] |= 1 << (i % 64)
		out.sum.add(p.mark.hi, p.mark.lo)
		out.count++
		return true
	}
	return false
}

// Rows returns how many rows were found.
func (f *Finder) Rows() (n int64) {
	for i := range f.ranges {
		n += f.ranges[i].count
	}
	return n
}
