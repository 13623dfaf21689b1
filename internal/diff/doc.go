// Package diff finds out what changed between a result and the one that was
// sent before, at any size, in bounded memory.
//
// A row is a Head (its key, the key's hash, the hash of what is exported of it)
// and a body (what is exported, in the canonical encoding). Rows are sorted by
// the hash of their key, then by key; so a range of hashes can be looked at
// without the others, by another worker.
//
//	result ─► Sorter ─► sorted files ─┐
//	                                  ├─ Compare ─► added, changed, removed
//	baseline: a base, then changes ───┘      └────► the baseline's next level
//
// A sorted file is blocks and an index:
//
//	┌───────┬───────┬─────┬───────┬──────────────────────────────────────┐
//	│ block │ block │  …  │ block │ index: first hash, offset, size, rows │
//	└───────┴───────┴─────┴───────┴──────────────────────────────────────┘
//	block = sizes, checksum │ heads │ bodies, compressed
//
// Heads and bodies are apart because most rows don't change: their bodies are
// never decompressed, and for most of a baseline not even read (FileInfo.Heads).
//
// Rows that a baseline has needn't be sorted: a Finder recognizes them while they
// are read, by what is Known of the baseline, and Compare makes sure of it by a sum.
//
// What must stay true:
//
//   - Memory is bounded by what the caller says, not by rows. TestMemoryIsBounded
//     holds it.
//   - Two rows are the same row when the bytes of their keys are equal. The hash
//     only orders them: keys whose hashes collide are told apart. Rows that were
//     found are those that they were taken for, or Found.Check is false.
//   - What is written here is kept for ever, in baselines. The encodings change
//     only under a new version of the baseline.
package diff
