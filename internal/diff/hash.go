package diff

import "github.com/zeebo/xxh3"

// HashKey returns the XXH3-64 of an encoded key, with seed 0. Which bucket of a
// baseline a key is in depends on it, so it may never change.
func HashKey(enc []byte) uint64 { return xxh3.Hash(enc) }

// RowHash is the XXH3-128 of an encoded row, with seed 0, big-endian. It stands
// for the row in a baseline, so it may never change.
type RowHash [16]byte

// HashRow returns the hash of an encoded row.
func HashRow(enc []byte) RowHash { return xxh3.Hash128(enc).Bytes() }
