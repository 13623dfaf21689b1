package def

import (
	"errors"
	"fmt"

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
	ps.add(at, "", "%s%s", prefix, unwrapped(err))
}
