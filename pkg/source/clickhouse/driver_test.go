package clickhouse

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
		"clickhouse://user:p%40ss@host:9000/db", "clickhouse://a,[::1],b:1/db?secure=true&skip_verify=1&compress=lz4&dial_timeout=5s",
		"clickhouse://:9000", "clickhouse:///db?dial_timeout=x", "http://host", "clickhouse://user:hunter2hunter2@[::1/db",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		hosts, _, err := parseURL(source.Config{Name: "ch", URL: text})
		if err == nil {
			if len(hosts) == 0 {
				t.Errorf("%q: no host", text)
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
