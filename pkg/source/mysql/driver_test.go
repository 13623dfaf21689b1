package mysql

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
		"mysql://user:p%40ss@host:3306/db?tls=true&timeout=5s", "mariadb://[::1]/db", "mysql://host?timeout=-1s", "mysql:///db",
		"postgres://host", "mysql://user:hunter2hunter2@[::1/db", "mysql://h/?other=hunter2hunter2",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		options, err := parseURL(source.Config{Name: "my", URL: text})
		if err == nil {
			if options.Addr == "" {
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
