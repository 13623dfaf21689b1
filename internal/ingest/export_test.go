package ingest

// LimitRuns makes runs take so many files at most.
func (i *Ingest) LimitRuns(files int) { i.runFiles = files }

// SplitFiles makes ranges of files so many bytes wide.
func (i *Ingest) SplitFiles(bytes int64) { i.rangeBytes = bytes }
