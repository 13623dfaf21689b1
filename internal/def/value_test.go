package def

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
)

const secretConnections = `TYPE postgres
POSTGRES_HOST db.internal
POSTGRES_USER app
POSTGRES_PASSWORD hunter2-literal
`

// No verb and no encoding shows a literal secret or the default of a reference;
// what is public shows.
func TestSecretsAreRedacted(t *testing.T) {
	p, problems := Parse(map[string][]byte{
		"connections/db.connection":   []byte(secretConnections),
		"connections/lake.connection": []byte("TYPE s3\nS3_ACCESS_KEY AKIA-literal\nS3_SECRET {{ tb_secret(\"S\", \"fallback-literal\") }}\n"),
		"longshore.yaml":              []byte("channels: {x: {type: slack, url: 'https://hooks/url-literal'}}\n"),
	})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	db, lake := p.Connections["db"], p.Connections["lake"]
	url, err := db.SQL.ResolveURL(Postgres, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	hidden := struct{ v any }{db.SQL.Password}
	shown := string(encoded)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown += fmt.Sprintf(verb, *db.SQL) + fmt.Sprintf(verb, *lake.S3) + fmt.Sprintf(verb, p.Settings.Channels["x"].Options)
		shown += fmt.Sprintf(verb, url) + fmt.Sprintf(verb, hidden) + fmt.Sprintf(verb, struct{ s Secret }{url})
	}
	for _, secret := range []string{"hunter2", "AKIA", "fallback-literal", "url-literal", fmt.Sprintf("%x", "hunter2")} {
		if strings.Contains(shown, secret) {
			t.Errorf("%s shows in %s", secret, shown)
		}
	}
	if !strings.Contains(string(encoded), "db.internal") || !strings.Contains(string(encoded), redacted) {
		t.Errorf("got %s, want the host, and %s", encoded, redacted)
	}
	if want := "postgres://app:hunter2-literal@db.internal:5432/"; url.Reveal() != want {
		t.Errorf("got %s, want %s", url.Reveal(), want)
	}
}

func TestResolve(t *testing.T) {
	lookup := func(name string) (string, bool) {
		v, ok := map[string]string{"A": "one", "EMPTY": ""}[name]
		return v, ok
	}
	tests := []struct{ name, text, want string }{
		{"plain", "x", "x"},
		{"reference", `{{ secret("A") }}`, "one"},
		{"single quotes", `{{secret('A')}}`, "one"},
		{"in a text", `<{{ secret("A") }}|{{ tb_secret("A", "d") }}>`, "<one|one>"},
		{"default", `{{ tb_secret("B", "d") }}`, "d"},
		{"empty default", `{{ tb_secret("B", "") }}`, ""},
		{"set but empty", `{{ tb_secret("EMPTY", "d") }}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var ps Problems
			got, err := parseValue(&ps, Position{}, tt.text, false).Resolve(lookup)
			if err != nil || len(ps) > 0 || got.Reveal() != tt.want {
				t.Errorf("got %q, %v, %v, want %q", got.Reveal(), err, ps, tt.want)
			}
		})
	}
	var ps Problems
	_, err := parseValue(&ps, Position{}, `{{ secret("B") }}`, false).Resolve(lookup)
	if !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), "secret B is not set") {
		t.Errorf("got %v, want not found", err)
	}
}

func TestResolveURL(t *testing.T) {
	tests := []struct {
		name, text, want string
		kind             ConnectionType
	}{
		{"fields", "TYPE mysql\nMYSQL_HOST h\nMYSQL_DATABASE d\nMYSQL_USER u\nMYSQL_PASSWORD p@/", "mysql://u:p%40%2F@h:3306/d", MySQL},
		{"port", "TYPE clickhouse\nCLICKHOUSE_HOST ::1\nCLICKHOUSE_PORT 9440", "clickhouse://[::1]:9440/", ClickHouse},
		{"url", "TYPE postgres\nPOSTGRES_URL postgres://u@h/d?x=1", "postgres://u@h/d?x=1", Postgres},
		{"url and password", "TYPE postgres\nPOSTGRES_URL postgres://u@h/d\nPOSTGRES_PASSWORD p", "postgres://u:p@h/d", Postgres},
		{"url of a secret", "TYPE postgres\nPOSTGRES_URL {{ secret(\"URL\") }}", "postgres://secret@h/d", Postgres},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, problems := Parse(map[string][]byte{"connections/c.connection": []byte(tt.text)})
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			got, err := p.Connections["c"].SQL.ResolveURL(tt.kind, func(string) (string, bool) { return "postgres://secret@h/d", true })
			if err != nil || got.Reveal() != tt.want {
				t.Errorf("got %q, %v, want %q", got.Reveal(), err, tt.want)
			}
		})
	}
}
