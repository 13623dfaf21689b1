package text

const hexDigits = "0123456789abcdef"

// AppendHex appends bytes as PostgreSQL spells them: \x and two lower-case hex
// digits per byte. No bytes are \x.
func AppendHex(dst, v []byte) []byte { return appendHexDigits(append(dst, '\\', 'x'), v) }

func appendHexDigits(dst, v []byte) []byte {
	for _, b := range v {
		dst = append(dst, hexDigits[b>>4], hexDigits[b&15])
	}
	return dst
}

// AppendUUID appends 16 bytes in the usual form with hyphens, in lower case.
func AppendUUID(dst, v []byte) []byte {
	_ = v[15]
	dst = append(appendHexDigits(dst, v[0:4]), '-')
	dst = append(appendHexDigits(dst, v[4:6]), '-')
	dst = append(appendHexDigits(dst, v[6:8]), '-')
	dst = append(appendHexDigits(dst, v[8:10]), '-')
	return appendHexDigits(dst, v[10:16])
}
