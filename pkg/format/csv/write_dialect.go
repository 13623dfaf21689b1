package csv

import (
	"bytes"
	"strings"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
)

const (
	quote = '"'
	bom   = "\uFEFF"
	// writable is the delimiters that we write.
	writable = ",;|~\t"
)

// dialect is checked CSVWriteOptions with their defaults filled in.
type dialect struct {
	delimiter  byte
	delimiters uint64 // the delimiter eight times
	policy     format.QuotePolicy
	null       string
	newline    string
	unsafe     [256]bool // bytes that make a field need quotes
}

// newDialect returns the dialect that the options ask for. The error is Invalid
// where what is written couldn't be read back.
func newDialect(opts format.CSVWriteOptions) (*dialect, error) {
	d := &dialect{delimiter: opts.Delimiter, policy: opts.Quote, null: opts.Null, newline: opts.LineEnding}
	if d.delimiter == 0 {
		d.delimiter = ','
	}
	d.delimiters = uint64(d.delimiter) * lanes
	if d.newline == "" {
		d.newline = "\n"
	}
	for _, c := range []byte{d.delimiter, quote, '\r', '\n'} {
		d.unsafe[c] = true
	}
	return d, d.check()
}

func (d *dialect) check() error {
	if strings.IndexByte(writable, d.delimiter) < 0 {
		return fault.New(fault.Invalid, "csv delimiter %q is not supported: want one of , ; | ~ or tab", d.delimiter)
	}
	if d.newline != "\n" && d.newline != "\r\n" {
		return fault.New(fault.Invalid, `csv line ending %q is not supported: want "\n" or "\r\n"`, d.newline)
	}
	if d.policy > format.QuoteAll {
		return fault.New(fault.Invalid, "csv quote policy %d is unknown", d.policy)
	}
	if strings.ContainsFunc(d.null, func(r rune) bool { return r < 0x80 && d.unsafe[r] }) || strings.TrimSpace(d.null) != d.null {
		return fault.New(fault.Invalid, "csv null text %q can't stand in a file without quotes", d.null)
	}
	return nil
}

// needsQuotes reports whether a field that reads field would, without quotes,
// be read as something else.
func (d *dialect) needsQuotes(field []byte) bool {
	n := len(field)
	if n == 0 || isBlank(field[0]) || isBlank(field[n-1]) {
		return true
	}
	if d.anyUnsafe(field) {
		return true
	}
	switch field[0] {
	case '\\': // PostgreSQL takes a line of \. for the end of the file, ClickHouse a \N for a null
		return string(field) == `\.` || string(field) == `\N` || string(field) == d.null
	case bom[0]:
		return bytes.HasPrefix(field, []byte(bom)) || string(field) == d.null
	}
	return n == len(d.null) && string(field) == d.null
}

// isBlank reports whether ClickHouse drops the byte around what isn't quoted.
func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// appendQuoted appends the field between quotes.
func appendQuoted(dst, field []byte) []byte {
	start := len(dst)
	return closeQuotes(append(append(dst, quote), field...), start)
}

// closeQuotes ends the quoted field whose opening quote stands at start: quotes
// behind it are doubled.
func closeQuotes(dst []byte, start int) []byte {
	inner := dst[start+1:]
	if n := bytes.Count(inner, []byte{quote}); n > 0 {
		dst = doubleQuotes(dst, start+1, n)
	}
	return append(dst, quote)
}

// doubleQuotes doubles the n quotes of dst[from:], from the end backwards.
func doubleQuotes(dst []byte, from, n int) []byte {
	i := len(dst) - 1
	for range n {
		dst = append(dst, quote)
	}
	for j := len(dst) - 1; i >= from; i-- {
		dst[j] = dst[i]
		j--
		if dst[i] == quote {
			dst[j] = quote
			j--
		}
	}
	return dst
}

// openQuotes puts an opening quote before the field at start and closes it.
func openQuotes(dst []byte, start int) []byte {
	dst = append(dst, 0)
	copy(dst[start+1:], dst[start:])
	dst[start] = quote
	return closeQuotes(dst, start)
}
