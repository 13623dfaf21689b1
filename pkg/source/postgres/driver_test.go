package postgres

import (
	"net/url"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// FuzzURL has addresses of any text: one that is refused shows no password.
func FuzzURL(f *testing.F) {
	for _, text := range []string{
		"postgres://user:p%40ss@host:5432/db?sslmode=disable", "postgresql://a:1,b:2/db?target_session_attrs=any&connect_timeout=3",
		"postgres:///db?host=/run/postgresql", "postgres://host?sslmode=x", "mysql://host", "postgres://user:hunter2hunter2@[::1/db",
		"postgres://user:hunter2hunter2@host:x/db",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		settings, err := parseURL(source.Config{Name: "pg", URL: text})
		if err == nil {
			if address(settings) == "" || withoutGuards(settings) == nil {
				t.Errorf("%q: no address", text)
			}
			return
		}
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v, want an Invalid error", text, err)
		}
		secret := text
		if u, err := url.Parse(text); err == nil {
			secret, _ = u.User.Password()
		}
		if len(secret) > 12 && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %q is in %v", text, secret, err)
		}
	})
}
