package text

import "unicode/utf8"

// maxDepth bounds how deep a JSON document may nest.
const maxDepth = 10000

// AppendJSONDocument appends the JSON document in doc without the white space
// between its tokens, so that it takes one line; numbers and strings keep their
// spelling, but bytes that aren't UTF-8 become U+FFFD. What isn't one valid
// document is appended as a JSON string of its text.
func AppendJSONDocument(dst, doc []byte) []byte {
	start := len(dst)
	d := document{in: doc, out: dst}
	if d.space(); d.value(0) {
		if d.space(); len(d.in) == 0 {
			return d.out
		}
	}
	return AppendJSONString(d.out[:start], doc)
}

// document copies a JSON document from in, which it consumes, to out. Its
// methods report whether they met what they are named after.
type document struct {
	in, out []byte
}

// space skips white space.
func (d *document) space() {
	i := 0
	for i < len(d.in) && (d.in[i] == ' ' || d.in[i] == '\n' || d.in[i] == '\r' || d.in[i] == '\t') {
		i++
	}
	d.in = d.in[i:]
}

// take copies n bytes.
func (d *document) take(n int) {
	d.out = append(d.out, d.in[:n]...)
	d.in = d.in[n:]
}

// token copies c if it is next, between white space.
func (d *document) token(c byte) bool {
	if d.space(); len(d.in) == 0 || d.in[0] != c {
		return false
	}
	d.take(1)
	d.space()
	return true
}

func (d *document) value(depth int) bool {
	if len(d.in) == 0 || depth > maxDepth {
		return false
	}
	switch d.in[0] {
	case '{':
		return d.object(depth)
	case '[':
		return d.array(depth)
	case '"':
		return d.string()
	case 't':
		return d.word("true")
	case 'f':
		return d.word("false")
	case 'n':
		return d.word("null")
	}
	n := numberPrefix(d.in)
	d.take(n)
	return n > 0
}

func (d *document) object(depth int) bool {
	d.token('{')
	if d.token('}') {
		return true
	}
	for {
		if !d.string() || !d.token(':') || !d.value(depth+1) {
			return false
		}
		if !d.token(',') {
			return d.close('}')
		}
	}
}

func (d *document) array(depth int) bool {
	d.token('[')
	if d.token(']') {
		return true
	}
	for {
		if !d.value(depth + 1) {
			return false
		}
		if !d.token(',') {
			return d.close(']')
		}
	}
}

// close is token, but leaves the white space behind c: what stands there may be
// outside the document.
func (d *document) close(c byte) bool {
	if d.space(); len(d.in) == 0 || d.in[0] != c {
		return false
	}
	d.take(1)
	return true
}

func (d *document) word(w string) bool {
	if len(d.in) < len(w) || string(d.in[:len(w)]) != w {
		return false
	}
	d.take(len(w))
	return true
}

func (d *document) string() bool {
	if len(d.in) == 0 || d.in[0] != '"' {
		return false
	}
	d.take(1)
	for len(d.in) > 0 {
		d.take(plainPrefix(d.in))
		if len(d.in) == 0 {
			return false
		}
		switch c := d.in[0]; {
		case c == '"':
			d.take(1)
			return true
		case c == '\\':
			n := escapePrefix(d.in)
			if n == 0 {
				return false
			}
			d.take(n)
		case c < ' ':
			return false
		default:
			d.foreign()
		}
	}
	return false
}

// foreign copies a character beyond ASCII, or replaces one that isn't any.
func (d *document) foreign() {
	r, size := utf8.DecodeRune(d.in)
	if r == utf8.RuneError && size == 1 {
		d.out = append(d.out, "\uFFFD"...)
		d.in = d.in[1:]
		return
	}
	d.take(size)
}

// escapePrefix returns the length of the escape sequence that s begins with, or 0.
func escapePrefix(s []byte) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(s) >= 6 && isHex(s[2]) && isHex(s[3]) && isHex(s[4]) && isHex(s[5]) {
			return 6
		}
	}
	return 0
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// numberPrefix returns the length of the JSON number that s begins with, or 0.
func numberPrefix(s []byte) int {
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	whole := digitPrefix(s[i:])
	if whole == 0 || whole > 1 && s[i] == '0' {
		return 0
	}
	i += whole
	if i < len(s) && s[i] == '.' {
		n := digitPrefix(s[i+1:])
		if n == 0 {
			return 0
		}
		i += 1 + n
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		n := digitPrefix(s[i:])
		if n == 0 {
			return 0
		}
		i += n
	}
	return i
}

func digitPrefix(s []byte) int {
	for i, c := range s {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(s)
}

// AppendJSONNumber appends the number whose decimal text is given as a JSON
// number, digit for digit. What JSON has no number for (NaN, Infinity) becomes
// a string.
func AppendJSONNumber(dst, number []byte) []byte {
	if n := numberPrefix(number); n > 0 && n == len(number) {
		return append(dst, number...)
	}
	return AppendJSONString(dst, number)
}
