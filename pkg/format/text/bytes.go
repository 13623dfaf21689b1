package text

import "encoding/binary"

const hexDigits = "0123456789abcdef"

// hexPairs is the two hex digits of a byte, as two bytes of memory.
var hexPairs = func() (t [256]uint16) {
	for i := range t {
		t[i] = uint16(hexDigits[i>>4]) | uint16(hexDigits[i&15])<<8
	}
	return t
}()

// AppendHex appends bytes as PostgreSQL spells them: \x and two lower-case hex
// digits per byte. No bytes are \x.
func AppendHex(dst, v []byte) []byte {
	dst = extend(dst, 2+2*len(v))
	p := dst[len(dst)-2-2*len(v):]
	p[0], p[1] = '\\', 'x'
	putHex(p[2:], v)
	return dst
}

// putHex writes two digits per byte.
func putHex(p, v []byte) {
	for i, b := range v {
		binary.LittleEndian.PutUint16(p[2*i:], hexPairs[b])
	}
}

// AppendUUID appends 16 bytes in the usual form with hyphens, in lower case.
func AppendUUID(dst, v []byte) []byte {
	dst = extend(dst, 36)
	p := dst[len(dst)-36:]
	putHex(p[0:8], v[0:4])
	p[8] = '-'
	putHex(p[9:13], v[4:6])
	p[13] = '-'
	putHex(p[14:18], v[6:8])
	p[18] = '-'
	putHex(p[19:23], v[8:10])
	p[23] = '-'
	putHex(p[24:36], v[10:16])
	return dst
}
