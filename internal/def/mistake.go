package def

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/longshore/longshore/pkg/fault"
)

// mistake is what is wrong with a text, and what would be right, before anybody
// knows in which file it stands.
type mistake struct{ message, remedy string }

func (m *mistake) Error() string { return m.message }

// invalid returns a mistake as an error of kind Invalid with a remedy.
func invalid(remedy, format string, args ...any) error {
	m := &mistake{fmt.Sprintf(format, args...), remedy}
	return fault.WithRemedy(fault.New(fault.Invalid, "%w", m), "%s", remedy)
}

// addError records an error at a position, with its remedy apart.
func (ps *Problems) addError(at Position, prefix string, err error) {
	var m *mistake
	if errors.As(err, &m) {
		ps.add(at, m.remedy, "%s%s", prefix, m.message)
		return
	}
	message, remedy := explain(err)
	ps.add(at, remedy, "%s%s", prefix, message)
}

var innerPosition = regexp.MustCompile(`^(type|path) ".*", position \d+: `)

// explain takes apart an error of package schema: what is wrong, and the way out
// that it names, if any.
func explain(err error) (message, remedy string) {
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	message = innerPosition.ReplaceAllString(err.Error(), "")
	for _, word := range []string{", did you mean ", ": use "} {
		if before, after, ok := strings.Cut(message, word); ok {
			return before, strings.TrimLeft(word, ",: ") + after
		}
	}
	return message, ""
}
