package ingest

// LimitRuns makes runs take so many files at most.
func (i *Ingest) LimitRuns(files int) { i.runFiles = files }

// LimitParts makes parts of backfills that are planned take so many files at most.
func (b *Backfill) LimitParts(files int) { b.limits.Files = files }
