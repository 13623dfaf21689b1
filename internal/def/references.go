package def

import (
	"regexp"
	"strings"
)

var (
	referenceShape = regexp.MustCompile(`^(secret|tb_secret)\(\s*("[^"]*"|'[^']*')\s*(?:,\s*("[^"]*"|'[^']*')\s*)?\)$`)
	secretName     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// parseValue reads text with {{ secret("NAME") }} references. It reports what is
// wrong with them at the given position.
func parseValue(ps *Problems, at Position, text string, sensitive bool) Value {
	if text == "" {
		return Value{}
	}
	v := &value{sensitive: sensitive}
	for text != "" {
		before, rest, found := strings.Cut(text, "{{")
		if before != "" {
			v.pieces = append(v.pieces, piece{text: before})
		}
		if !found {
			break
		}
		inner, after, closed := strings.Cut(rest, "}}")
		if !closed {
			ps.add(at, `write {{ secret("NAME") }}`, "the {{ of a reference is never closed")
			break
		}
		if p, ok := parseReference(ps, at, strings.TrimSpace(inner)); ok {
			v.pieces = append(v.pieces, p)
		}
		text = after
	}
	return newValue(v)
}

func parseReference(ps *Problems, at Position, text string) (piece, bool) {
	m := referenceShape.FindStringSubmatch(text)
	if m == nil {
		ps.add(at, `write {{ secret("NAME") }} or {{ tb_secret("NAME", "default") }}`, "a reference in {{ }} is malformed")
		return piece{}, false
	}
	p := piece{name: m[2][1 : len(m[2])-1]}
	if m[3] != "" {
		p.fallback, p.hasDefault = m[3][1:len(m[3])-1], true
	}
	if !secretName.MatchString(p.name) {
		ps.add(at, "use letters, digits and _", "%q is no valid name of a secret", p.name)
		return piece{}, false
	}
	return p, true
}
