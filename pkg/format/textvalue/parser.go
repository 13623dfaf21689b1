package textvalue

import (
	"bytes"
	"unsafe"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

// Parser appends the value that text stands for to c. The text isn't null.
// Unless it returns OK, c may hold a part of the value.
type Parser func(c *block.Column, text []byte) Problem

// For returns the parser of a type. Parsers remember what helps with the next
// value: each column of each decoder has its own.
func For(t schema.Type) Parser {
	base := t.Base()
	switch base.Kind {
	case schema.String:
		return parseString
	case schema.FixedString:
		return fixedString(base.Length)
	case schema.Bool:
		return parseBool
	case schema.Float64:
		return parseFloat64
	case schema.Float32:
		return parseFloat32
	case schema.Decimal:
		return decimal(base)
	case schema.Date:
		return spaced(parseDate)
	case schema.Date32:
		return spaced(parseDate32)
	case schema.DateTime, schema.DateTime64:
		return spaced(newClock(base).parse)
	case schema.UUID:
		return spaced(parseUUID)
	case schema.IPv4:
		return spaced(parseIPv4)
	case schema.IPv6:
		return spaced(parseIPv6)
	case schema.Enum8, schema.Enum16:
		return parseEnum
	case schema.Array, schema.Map, schema.Tuple:
		return nestedText(base)
	}
	return integer(base.Kind)
}

// spaced tries a text again without spaces around it.
func spaced(parse Parser) Parser {
	return func(c *block.Column, text []byte) Problem {
		p := parse(c, text)
		if p == OK {
			return OK
		}
		if trimmed := trim(text); len(trimmed) != len(text) {
			return parse(c, trimmed)
		}
		return p
	}
}

func trim(text []byte) []byte { return bytes.Trim(text, " \t\r\n") }

func parseString(c *block.Column, text []byte) Problem {
	c.AppendSlack(text)
	return OK
}

func fixedString(length int) Parser {
	return func(c *block.Column, text []byte) Problem {
		if len(text) > length {
			return TooLong
		}
		c.AppendBytes(text)
		return OK
	}
}

func parseEnum(c *block.Column, text []byte) Problem {
	n, ok := c.EnumNumber(text)
	if !ok {
		v, isInt := shortInt(withoutPlus(text))
		if !isInt || v != int64(int16(v)) || !c.HasEnumNumber(int16(v)) {
			return NotInEnum
		}
		n = int16(v)
	}
	c.AppendInt(int64(n))
	return OK
}

// withoutPlus returns a number without a plus.
func withoutPlus(text []byte) []byte {
	if len(text) > 1 && text[0] == '+' && text[1] != '-' {
		return text[1:]
	}
	return text
}

// Words that stand for true and false. Letters may be in any case.
var trueWords, falseWords = []string{"true", "1", "t", "yes", "y", "on"}, []string{"false", "0", "f", "no", "n", "off"}

func parseBool(c *block.Column, text []byte) Problem {
	v, ok := boolOf(text)
	if !ok {
		if v, ok = boolOf(trim(text)); !ok {
			return NotABool
		}
	}
	c.AppendBool(v)
	return OK
}

func boolOf(text []byte) (v, ok bool) {
	switch str(text) {
	case "true", "1", "t", "True":
		return true, true
	case "false", "0", "f", "False":
		return false, true
	}
	for _, w := range trueWords {
		if equalFold(text, w) {
			return true, true
		}
	}
	for _, w := range falseWords {
		if equalFold(text, w) {
			return false, true
		}
	}
	return false, false
}

// equalFold compares with a word in lower-case ASCII.
func equalFold(text []byte, word string) bool {
	if len(text) != len(word) {
		return false
	}
	for i, c := range text {
		if c|0x20 != word[i] && c != word[i] {
			return false
		}
	}
	return true
}

// unsafeBytes is s as bytes that nobody changes.
func unsafeBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// str is text as a string that is valid only while text isn't changed.
func str(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }
