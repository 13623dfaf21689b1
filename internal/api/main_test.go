package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// call sends a request and decodes its answer. It returns the status.
func call(t *testing.T, s *apitest.Server, method, path string, body, into any, headers ...string) int {
	t.Helper()
	status, text := raw(t, s, method, path, body, headers...)
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatalf("%s %s: %d %s: %v", method, path, status, text, err)
		}
	}
	return status
}

// raw sends a request with the token, unless headers say otherwise.
func raw(t *testing.T, s *apitest.Server, method, path string, body any, headers ...string) (int, []byte) {
	t.Helper()
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, content)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+apitest.Token)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, text
}

// texts are files as a push sends them.
func texts(files map[string][]byte) api.PushRequest {
	r := api.PushRequest{Files: map[string]string{}}
	for path, content := range files {
		r.Files[path] = string(content)
	}
	return r
}
