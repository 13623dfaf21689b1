package format

// Chain returns where the ranges of a file begin, from the marks that scans of
// it found. First is the first row of the file. Ranges end, the last with the
// file, at the given offsets, ascending; scans[i] is the scan that looked at range i.
//
// What a scan found holds from where it meets a row that is known to begin
// there. Where it meets none in the rows that it returned, rescan is asked for the first
// row at or after an offset, counted from a row that begins at another.
func Chain(first Mark, ends []int64, scans [][]Mark, rescan func(from Mark, end int64) (Mark, error)) ([]Mark, error) {
	starts := []Mark{first}
	for i, end := range ends {
		next := starts[i]
		if next.Offset < end {
			var met bool
			if next, met = follow(scans[i], next, end); !met {
				var err error
				if next, err = rescan(starts[i], end); err != nil {
					return nil, err
				}
			}
		}
		starts = append(starts, next)
	}
	return starts, nil
}

// follow returns the first row at or after end, by a scan that knows the row at from.
func follow(scan []Mark, from Mark, end int64) (next Mark, met bool) {
	for _, there := range scan {
		if there.Offset != from.Offset {
			continue
		}
		for _, m := range scan {
			if m.Offset >= end {
				return m.Since(there, from), true
			}
		}
	}
	return from, false
}
