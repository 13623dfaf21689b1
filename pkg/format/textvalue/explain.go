package textvalue

import (
	"strconv"

	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// MaxRaw is how much of a rejected row is kept, in bytes.
const MaxRaw = 64 << 10

// maxShown is how much of a value a message shows, in bytes.
const maxShown = 80

// Explain returns the problem of a column's text as a reject reports it. A nil
// text is absent or null.
func (p Problem) Explain(column string, t schema.Type, text []byte) format.ColumnError {
	detail := column + " " + t.String() + ": " + p.String()
	if text != nil {
		more := ""
		if len(text) > maxShown {
			text, more = text[:maxShown], "…"
		}
		detail += ": " + strconv.Quote(string(text)) + more
	}
	if p == FractionLost {
		detail += "; a DateTime64 keeps it"
	}
	return format.ColumnError{Column: column, Code: p.String(), Detail: detail}
}

// CutRaw returns a copy of a rejected row's bytes, without its line ending and
// no longer than MaxRaw.
func CutRaw(row []byte) []byte {
	row = WithoutEnding(row)
	return append([]byte(nil), row[:min(len(row), MaxRaw)]...)
}

// WithoutEnding returns a row's bytes without its line ending.
func WithoutEnding(row []byte) []byte {
	if n := len(row); n > 0 && row[n-1] == '\n' {
		row = row[:n-1]
	}
	if n := len(row); n > 0 && row[n-1] == '\r' {
		row = row[:n-1]
	}
	return row
}
