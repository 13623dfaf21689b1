package csv

import (
	"bytes"

	"github.com/longshore/longshore/pkg/format"
)

// likelyDelimiters are what is tried where none is given, the likeliest first.
var likelyDelimiters = []byte{',', ';', '\t', '|', '~'}

const sniffRows = 20

// sniff finds the delimiter that cuts the most of the first lines into equally
// many fields, then the one that makes more fields. A file of one column has any.
func sniff(head []byte, opts format.CSVReadOptions) byte {
	best, bestAgree, bestFields := likelyDelimiters[0], 0, 1
	for _, d := range likelyDelimiters {
		if d == opts.Quote || d == opts.Escape {
			continue
		}
		opts.Delimiter = d
		agree, fields := agreement(head, newSplitter(opts))
		if fields > 1 && (agree > bestAgree || agree == bestAgree && fields > bestFields) {
			best, bestAgree, bestFields = d, agree, fields
		}
	}
	return best
}

// agreement returns how many of the first rows have as many fields as the first.
func agreement(head []byte, s *splitter) (rows, fields int) {
	for n := 0; n < sniffRows && len(head) > 0; n++ {
		end, how := s.split(head)
		head = head[end:]
		switch {
		case how != whole || blank(s.fields):
			continue
		case fields == 0:
			fields = len(s.fields)
		}
		if len(s.fields) == fields {
			rows++
		}
	}
	return rows, fields
}

func blank(fields []field) bool {
	return len(fields) == 1 && !fields[0].quoted && len(fields[0].text) == 0
}

// looksLikeNames reports whether fields could be a header: none empty, a number
// or too long, and no two equal.
func looksLikeNames(fields []field) bool {
	seen := make(map[string]bool, len(fields))
	for _, f := range fields {
		name := string(bytes.TrimSpace(f.text))
		if name == "" || len(name) > 128 || seen[name] || !isName(name) {
			return false
		}
		seen[name] = true
	}
	return true
}

// isName reports whether a text begins like a name: with a letter, "_", "$", "@"
// or "#", or a byte beyond ASCII; and isn't true, false or null.
func isName(s string) bool {
	switch s {
	case "true", "false", "True", "False", "TRUE", "FALSE", "null", "NULL", "NaN", "nan", "inf":
		return false
	}
	c := s[0]
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 || c == '_' || c == '$' || c == '@' || c == '#'
}
