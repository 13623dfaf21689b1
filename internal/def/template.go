package def

import (
	"regexp"
	"strings"
)

// Template is the key of an object with variables in braces:
//
//	orders/{YYYY}/{MM}/{DD}/{model.name}-{sync.run.id}.csv
//
// It is immutable.
type Template struct {
	pieces []templatePiece
	// suffixAt is the piece, and suffixByte the byte in it, before which -added
	// and -00001 are put when no variable says them: the first extension.
	suffixAt, suffixByte int
	uses                 map[string]bool
}

// templatePiece is literal text, or a variable when name is set.
type templatePiece struct {
	text string
	name string
}

// ParseTemplate reads a path template. The error, of kind Invalid, says what is
// wrong and what would be right.
func ParseTemplate(path string) (*Template, error) {
	t := &Template{uses: map[string]bool{}}
	for rest := path; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			i = len(rest)
		}
		if i > 0 {
			t.pieces = append(t.pieces, templatePiece{text: rest[:i]})
			rest = rest[i:]
			continue
		}
		name, after, closed := strings.Cut(rest[1:], "}")
		if rest[0] == '}' || !closed || strings.Contains(name, "{") {
			return nil, invalid("write variables as {YYYY}", "a brace in the path has no partner")
		}
		if _, known := variables[name]; !known {
			return nil, unknownVariable(name)
		}
		t.pieces = append(t.pieces, templatePiece{name: name})
		t.uses[name] = true
		rest = after
	}
	if err := checkPath(path); err != nil {
		return nil, err
	}
	t.placeSuffix()
	return t, nil
}

func unknownVariable(name string) error {
	names := TemplateVariables()
	if near, ok := nearest(name, names); ok && name != "" {
		return invalid("did you mean {"+near+"}?", "the path has an unknown variable {%s}", name)
	}
	return invalid("use {"+strings.Join(names, "} {")+"}", "the path has an unknown variable {%s}", name)
}

// checkPath reports paths that make keys nobody can find again.
func checkPath(path string) error {
	switch {
	case strings.TrimSpace(path) == "":
		return invalid("write for example orders/{YYYY}-{MM}-{DD}.csv", "the path is empty")
	case strings.HasPrefix(path, "s3://"):
		return invalid("write the key alone; the bucket is the connection's, or destination.bucket", "the path is a URL")
	case strings.HasPrefix(path, "/"):
		return invalid("remove the first slash", "the path begins with a slash")
	case strings.HasSuffix(path, "/"):
		return invalid("add the name of the file", "the path ends in a slash")
	case strings.Contains(path, "//"):
		return invalid("remove one slash", "the path has an empty segment")
	case strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }):
		return invalid("remove it", "the path has a control character")
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return invalid("name the folder", "the path has a segment %s", segment)
		}
	}
	return nil
}

// Uses reports whether the template mentions a variable, such as "op".
func (t *Template) Uses(variable string) bool { return t.uses[variable] }

// extensions matches what ends a file's name, where \x01 stands for {ext}.
var extensions = regexp.MustCompile(`(\.?\x01|\.[A-Za-z][A-Za-z0-9]*)+$`)

// placeSuffix finds the first extension of the last segment: of report.csv.gz
// it is .csv, of v1.2.csv it is .csv too, and {ext} is one. It looks at the path
// with one control character, which no path has, in place of each variable.
func (t *Template) placeSuffix() {
	var outline strings.Builder
	for _, p := range t.pieces {
		switch p.name {
		case "":
			outline.WriteString(p.text)
		case "ext":
			outline.WriteByte(1)
		default:
			outline.WriteByte(0)
		}
	}
	path := outline.String()
	file := path[strings.LastIndexByte(path, '/')+1:]
	at := len(path)
	if loc := extensions.FindStringIndex(file); loc != nil && (loc[0] > 0 || strings.Contains(file, "\x01")) {
		at = len(path) - len(file) + loc[0]
	}
	for i, p := range t.pieces {
		size := max(len(p.text), 1)
		if at < size {
			t.suffixAt, t.suffixByte = i, at
			return
		}
		at -= size
	}
	t.suffixAt = len(t.pieces)
}
