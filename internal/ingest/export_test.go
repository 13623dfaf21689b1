package ingest

// LimitRuns makes runs take so many files at most.
func (i *Ingest) LimitRuns(files int) { i.runFiles = files }
