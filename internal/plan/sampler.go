package plan

// Sampler chooses some files of a listing as it comes, evenly over its bytes: those
// that the bytes at multiples of a distance are in, which doubles whenever that
// would be too many files. It keeps no more than these, and is pure.
type Sampler struct {
	most   int
	every  int64 // bytes
	seen   int64 // bytes
	chosen []Sampled
}

// Sampled is a file of a sample.
type Sampled struct {
	File
	at int64 // bytes before it
	// Weight is how many of the bytes that were looked for are the file's.
	Weight int64
}

// NewSampler returns a Sampler of at most so many files.
func NewSampler(most int) *Sampler { return &Sampler{most: most, every: 1} }

// Add offers a file. An empty one is never chosen.
func (s *Sampler) Add(f File) {
	if c := s.weighed(Sampled{File: f, at: s.seen}); c.Weight > 0 {
		s.chosen = append(s.chosen, c)
	}
	s.seen += f.Size
	for len(s.chosen) > s.most {
		s.every *= 2
		kept := s.chosen[:0]
		for _, c := range s.chosen {
			if c = s.weighed(c); c.Weight > 0 {
				kept = append(kept, c)
			}
		}
		s.chosen = kept
	}
}

// weighed returns a file with its weight at the present distance.
func (s *Sampler) weighed(c Sampled) Sampled {
	before := func(at int64) int64 { return (at + s.every - 1) / s.every } // how many multiples are less
	c.Weight = before(c.at+c.Size) - before(c.at)
	return c
}

// Files returns what was chosen, in the order of the listing.
func (s *Sampler) Files() []Sampled {
	out := make([]Sampled, len(s.chosen))
	for i, c := range s.chosen {
		out[i] = s.weighed(c)
	}
	return out
}
