package csv

import "encoding/binary"

const (
	lanes = 0x0101010101010101
	tops  = 0x8080808080808080
)

// hasZero is not zero if one of the 8 bytes of w is zero.
func hasZero(w uint64) uint64 { return (w - lanes) &^ w & tops }

// anyUnsafe reports whether a delimiter, quote, CR or LF is in the field.
func (d *dialect) anyUnsafe(field []byte) bool {
	n := len(field)
	if n < 4 {
		for _, c := range field {
			if d.unsafe[c] {
				return true
			}
		}
		return false
	}
	if n < 8 { // all bytes, and some twice
		return d.unsafeIn(uint64(binary.LittleEndian.Uint32(field))|uint64(binary.LittleEndian.Uint32(field[n-4:]))<<32) != 0
	}
	for i := 0; i+8 < n; i += 8 {
		if d.unsafeIn(binary.LittleEndian.Uint64(field[i:])) != 0 {
			return true
		}
	}
	return d.unsafeIn(binary.LittleEndian.Uint64(field[n-8:])) != 0
}

// unsafeIn is not zero if one of the 8 bytes of w makes a field need quotes.
func (d *dialect) unsafeIn(w uint64) uint64 {
	return hasZero(w^d.delimiters) | hasZero(w^(quote*lanes)) | hasZero(w^('\r'*lanes)) | hasZero(w^('\n'*lanes))
}
