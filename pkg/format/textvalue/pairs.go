package textvalue

import "encoding/binary"

// Eight bytes of a text in which digits and separators have their places are looked
// at as one word. The layouts are such words with zeros for the digits; the limits
// are what, added to a word from which its layout was taken away, sets the high bit
// of each byte that is no digit, or not the separator.
const (
	dateLayout  = 0x2D30302D30303030 // 0000-00-
	dateLimit   = 0x7F76767F76767676
	clockLayout = 0x30303A30303A3030 // 00:00:00
	clockLimit  = 0x76767F76767F7676
)

// pairs returns, in the byte where a pair of digits begins, its value, and whether
// the first eight bytes are of the layout.
func pairs(text []byte, layout, limit uint64) (values uint64, ok bool) {
	x := binary.LittleEndian.Uint64(text) ^ layout
	return x*10 + x>>8, (x|(x+limit))&highs == 0
}
