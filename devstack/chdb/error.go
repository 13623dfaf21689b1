package chdb

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// Error is an exception of the engine.
type Error struct {
	Code    int32  // ClickHouse's error code, such as 60
	Name    string // its name, such as UNKNOWN_TABLE; empty when the engine gave none
	Message string // the text alone, without code and name
}

// Error formats the exception as ClickHouse prints it.
func (e *Error) Error() string {
	s := "Code: " + strconv.Itoa(int(e.Code)) + ". DB::Exception: " + e.Message
	if e.Name != "" {
		s += " (" + e.Name + ")"
	}
	return s
}

// ErrNotStreamable says that a statement has no result to stream. It did not run.
var ErrNotStreamable = errors.New("not a streamable statement")

// codeUnknown is UNKNOWN_EXCEPTION.
const codeUnknown = 1002

var (
	prefix = regexp.MustCompile(`^Code: (\d+)\. DB::(?:\w+::)?\w*Exception: `)
	suffix = regexp.MustCompile(`(?:\s*\(version [^()]*(?:\([^()]*\))?[^()]*\))?\s*$`)
	name   = regexp.MustCompile(`\.?\s*\(([A-Z][A-Z0-9_]+)\)$`)
)

// ParseError takes an exception's text apart: "Code: 60. DB::Exception: … (UNKNOWN_TABLE) (version …)".
// The engine repeats code and name when an exception passes through several of its layers.
func ParseError(text string) *Error {
	e := &Error{Code: codeUnknown, Name: "UNKNOWN_EXCEPTION", Message: strings.TrimSpace(text)}
	for first := true; ; first = false {
		m := prefix.FindStringSubmatch(e.Message)
		if m == nil {
			return e
		}
		e.Message = e.Message[len(m[0]):]
		code, _ := strconv.Atoi(m[1])
		if first {
			e.Name = ""
		}
		e.Code = int32(code)
		e.Message = e.Message[:len(e.Message)-len(suffix.FindString(e.Message))]
		if n := name.FindStringSubmatch(e.Message); n != nil {
			e.Name = n[1]
			e.Message = e.Message[:len(e.Message)-len(n[0])]
		}
	}
}

func streamError(text string) error {
	e := ParseError(text)
	if e.Code == 36 && strings.HasPrefix(e.Message, "Streaming query is not supported") {
		return ErrNotStreamable
	}
	return e
}
