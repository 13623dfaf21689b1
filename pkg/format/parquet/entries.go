package parquet

// entries is a stretch of a leaf column, decoded: levels, and the values that are
// present. Which of the value slices is in use depends on the physical type.
type entries struct {
	n       int     // entries, nulls and empty lists included
	present int     // values
	def     []uint8 // nil where the highest level is 0
	rep     []uint8 // nil where the highest level is 0
	bits    []uint8 // Boolean, a byte each
	w32     []uint32
	w64     []uint64

	// Byte strings, and Int96, stand at spans in data, which is a page, a
	// dictionary, or own.
	spans []span
	data  []byte
	own   []byte
}

func (e *entries) reset() {
	e.n, e.present = 0, 0
	e.def, e.rep = e.def[:0], e.rep[:0]
	e.bits, e.w32, e.w64 = e.bits[:0], e.w32[:0], e.w64[:0]
	e.spans, e.data, e.own = e.spans[:0], nil, e.own[:0]
}

// bytes returns the k-th value that is present.
func (e *entries) bytes(k int) []byte { return e.data[e.spans[k].Start:e.spans[k].End] }

// grow returns s longer by n elements, whose content is arbitrary.
func grow[T any](s []T, n int) []T {
	if need := len(s) + n; need > cap(s) {
		grown := make([]T, len(s), need+need/4)
		copy(grown, s)
		s = grown
	}
	return s[:len(s)+n]
}
