package textvalue

import (
	"net/netip"

	"github.com/longshore/longshore/pkg/block"
)

// hexValues is the value of a hexadecimal digit, and 0xFF for what is none.
var hexValues = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xFF
	}
	for i := range byte(10) {
		t['0'+i] = i
	}
	for i := range byte(6) {
		t['a'+i], t['A'+i] = 10+i, 10+i
	}
	return t
}()

// parseUUID takes 36 characters with hyphens, or 32 without.
func parseUUID(c *block.Column, text []byte) Problem {
	var v [16]byte
	switch {
	case len(text) == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-':
		bad := unhex(v[0:4], text[0:8]) | unhex(v[4:6], text[9:13]) | unhex(v[6:8], text[14:18]) |
			unhex(v[8:10], text[19:23]) | unhex(v[10:16], text[24:36])
		if bad > 0x0F {
			return NotAUUID
		}
	case len(text) == 32:
		if unhex(v[:], text) > 0x0F {
			return NotAUUID
		}
	default:
		return NotAUUID
	}
	c.AppendUUID(v)
	return OK
}

// unhex decodes two digits to a byte. The result is above 0x0F if one is none.
func unhex(dst, text []byte) (bad byte) {
	for i := range dst {
		high, low := hexValues[text[2*i]], hexValues[text[2*i+1]]
		bad |= high | low
		dst[i] = high<<4 | low
	}
	return bad
}

func parseIPv4(c *block.Column, text []byte) Problem {
	v, ok := readIPv4(text)
	if !ok {
		return NotAnIPv4
	}
	c.AppendUint32(v)
	return OK
}

// readIPv4 reads four numbers up to 255 without leading zeros.
func readIPv4(text []byte) (v uint32, ok bool) {
	part, digits, dots := uint32(0), 0, 0
	for _, c := range text {
		switch {
		case c == '.' && digits > 0:
			v, part, digits, dots = v<<8|part, 0, 0, dots+1
		case c-'0' <= 9 && (digits == 0 || part > 0):
			part = part*10 + uint32(c-'0')
			digits++
			if part > 255 {
				return 0, false
			}
		default:
			return 0, false
		}
	}
	return v<<8 | part, dots == 3 && digits > 0
}

// parseIPv6 takes IPv4 addresses too, as ::ffff:1.2.3.4.
func parseIPv6(c *block.Column, text []byte) Problem {
	addr, err := netip.ParseAddr(str(text))
	if err != nil || addr.Zone() != "" {
		return NotAnIPv6
	}
	c.AppendIPv6(addr.As16())
	return OK
}
