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
	delimiter := uint64(d.delimiter) * lanes
	i := 0
	for ; i+8 <= len(field); i += 8 {
		w := binary.LittleEndian.Uint64(field[i:])
		if hasZero(w^delimiter)|hasZero(w^(quote*lanes))|hasZero(w^('\r'*lanes))|hasZero(w^('\n'*lanes)) != 0 {
			return true
		}
	}
	for _, c := range field[i:] {
		if d.unsafe[c] {
			return true
		}
	}
	return false
}
