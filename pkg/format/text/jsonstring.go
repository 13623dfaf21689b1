package text

import (
	"encoding/binary"
	"unicode/utf8"
	"unsafe"
)

// AppendJSONString appends s as a JSON string with its quotes. Control
// characters, quotes and backslashes are escaped, other characters stand as they
// are, and each byte that isn't UTF-8 becomes U+FFFD.
func AppendJSONString(dst, s []byte) []byte {
	dst = append(dst, '"')
	n := plainPrefix(s)
	dst = append(dst, s[:n]...)
	if n < len(s) {
		dst = appendEscaped(dst, s[n:])
	}
	return append(dst, '"')
}

// AppendJSONText is AppendJSONString of a string.
func AppendJSONText(dst []byte, s string) []byte {
	return AppendJSONString(dst, unsafe.Slice(unsafe.StringData(s), len(s)))
}

// appendEscaped appends the inside of a JSON string.
func appendEscaped(dst, s []byte) []byte {
	for len(s) > 0 {
		if c := s[0]; c < utf8.RuneSelf {
			if !special[c] {
				n := max(plainPrefix(s), 1)
				dst, s = append(dst, s[:n]...), s[n:]
				continue
			}
			dst, s = appendEscape(dst, c), s[1:]
			continue
		}
		n := foreignPrefix(s)
		if n == 0 {
			dst, s = append(dst, "\uFFFD"...), s[1:]
			continue
		}
		dst, s = append(dst, s[:n]...), s[n:]
	}
	return dst
}

// foreignPrefix returns how many bytes at the start of s are characters beyond
// ASCII, correctly encoded.
func foreignPrefix(s []byte) int {
	n := 0
	for n < len(s) && s[n] >= utf8.RuneSelf {
		r, size := utf8.DecodeRune(s[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}

// appendEscape appends the escape sequence of an ASCII character.
func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// special is the ASCII characters that stand escaped in a JSON string.
var special = func() (t [utf8.RuneSelf]bool) {
	for c := range 0x20 {
		t[c] = true
	}
	t['"'], t['\\'] = true, true
	return t
}()

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// odd is zero if all 8 bytes of w are ASCII and none is special. Its other bits
// don't say which byte it was.
func odd(w uint64) uint64 {
	quote, slash := w^('"'*ones), w^('\\'*ones)
	return (w | (w - 0x20*ones) | (quote - ones) | (slash - ones)) & highs
}

// plainPrefix returns how many bytes at the start of s stand in a JSON string
// as they are.
func plainPrefix(s []byte) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if odd(binary.LittleEndian.Uint64(s[i:])) != 0 {
			return i + plainBytes(s[i:])
		}
	}
	if n := len(s); n >= 4 && odd(lastBytes(s)) == 0 {
		return n
	}
	return i + plainBytes(s[i:])
}

// lastBytes returns the last 8 bytes of s, or where it has 4 to 7, all of them
// and some twice.
func lastBytes(s []byte) uint64 {
	n := len(s)
	if n >= 8 {
		return binary.LittleEndian.Uint64(s[n-8:])
	}
	return uint64(binary.LittleEndian.Uint32(s)) | uint64(binary.LittleEndian.Uint32(s[n-4:]))<<32
}

func plainBytes(s []byte) int {
	for i, c := range s {
		if c >= utf8.RuneSelf || special[c] {
			return i
		}
	}
	return len(s)
}
