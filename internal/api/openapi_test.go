package api_test

import (
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/api"
)

var update = flag.Bool("update", false, "rewrite docs/openapi.yaml")

// The document that is committed is the one that the code serves.
func TestOpenAPIDocument(t *testing.T) {
	const golden = "../../docs/openapi.yaml"
	h, err := api.New(api.Config{AllowAnonymous: true, Version: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	got := get(h, "/openapi.yaml").Body.String()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Error("docs/openapi.yaml is not what the code serves; refresh it with go test ./internal/api -run OpenAPI -update")
	}
}

// The page works where there is no way out.
func TestDocsLoadNothing(t *testing.T) {
	h, err := api.New(api.Config{AllowAnonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	answer := get(h, "/docs")
	page := answer.Body.String()
	for _, forbidden := range []string{"<script", "src=", "http://", "https://", "@import"} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the page has %q", forbidden)
		}
	}
	for _, path := range []string{"/api/v1/syncs/{name}/runs", "/api/v1/project", "/api/v1/preview", "Idempotency-Key"} {
		if !strings.Contains(page, path) {
			t.Errorf("the page lacks %s", path)
		}
	}
	if policy := answer.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("got policy %q", policy)
	}
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil)
	h.ServeHTTP(w, r)
	return w
}

// docs/api.md names every endpoint.
func TestDocsNameEveryEndpoint(t *testing.T) {
	text, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	h, err := api.New(api.Config{AllowAnonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	var spec struct{ Paths map[string]any }
	if err := json.Unmarshal(get(h, "/openapi.json").Body.Bytes(), &spec); err != nil {
		t.Fatal(err)
	}
	if len(spec.Paths) < 20 {
		t.Errorf("got %d paths", len(spec.Paths))
	}
	for path := range spec.Paths {
		short := strings.TrimPrefix(path, api.Prefix)
		verb := short[strings.LastIndex(short, "/"):] // of pairs such as /syncs/{name}/pause, /resume
		if !strings.Contains(string(text), short) && !strings.Contains(string(text), "`"+verb+"`") {
			t.Errorf("docs/api.md lacks %s", path)
		}
	}
}
