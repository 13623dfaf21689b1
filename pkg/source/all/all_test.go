package all

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
)

// TestDriversAreFound looks each driver up by all that it is known by.
func TestDriversAreFound(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range Drivers() {
		traits := d.Traits()
		if got, err := ByName(traits.Name); err != nil || got != d {
			t.Errorf("%s: got %v, %v", traits.Name, got, err)
		}
		if len(traits.Schemes) == 0 {
			t.Errorf("%s has no scheme", traits.Name)
		}
		for _, scheme := range append(traits.Schemes, strings.ToUpper(traits.Schemes[0])) {
			if got, err := ByURL(scheme + "://u:p@h/d"); err != nil || got != d {
				t.Errorf("%s: got %v, %v", scheme, got, err)
			}
			if seen[scheme] {
				t.Errorf("two drivers have the scheme %s", scheme)
			}
			seen[scheme] = true
		}
	}
}

func TestUnknownDrivers(t *testing.T) {
	_, byName := ByName("oracle")
	_, byURL := ByURL("oracle://scott:tiger@h/d")
	_, noScheme := ByURL("scott:tiger@h/d")
	for want, err := range map[string]error{`"oracle"; name one of postgres`: byName, `"oracle://"; begin it`: byURL, "no scheme": noScheme} {
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "tiger") {
			t.Errorf("got %v, want an invalid %s", err, want)
		}
	}
}
