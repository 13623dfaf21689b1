package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/def"
)

// answerWithin is longer than the API gives itself for any request.
const answerWithin = 3 * time.Minute

// client calls the API.
type client struct {
	base  string // without a final slash
	token def.Secret
	http  *http.Client
}

// newClient checks the address; it calls nothing.
func newClient(base string, token def.Secret) (*client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fail(Invalid, "the address of the API is not a URL: write --api http://host:port")
	}
	if u.User != nil {
		return nil, fail(Invalid, "the address of the API has credentials: give them as --token or LONGSHORE_API_TOKEN")
	}
	return &client{base: strings.TrimRight(u.String(), "/"), token: token, http: &http.Client{Timeout: answerWithin}}, nil
}

// get decodes an answer into v.
func (c *client) get(ctx context.Context, path string, v any) error {
	return c.do(ctx, http.MethodGet, path, nil, v, nil)
}

// post sends body, which may be nil, and decodes the answer into v.
func (c *client) post(ctx context.Context, path string, body, v any) error {
	return c.do(ctx, http.MethodPost, path, body, v, nil)
}

func (c *client) do(ctx context.Context, method, path string, body, v any, headers map[string]string) error {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return fail(Invalid, "encode request: %w", err)
		}
		content = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+api.Prefix+path, content)
	if err != nil {
		return fail(Invalid, "the address of the API is not a URL: write --api http://host:port")
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if !c.token.IsZero() {
		r.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return c.unreachable(ctx, err)
	}
	defer answer.Body.Close()
	return c.decode(ctx, answer, v)
}

// decode reads an answer: a value, or a problem.
func (c *client) decode(ctx context.Context, answer *http.Response, v any) error {
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return c.unreachable(ctx, err)
	}
	if answer.StatusCode < http.StatusBadRequest {
		if err := json.Unmarshal(text, v); err == nil {
			return nil
		}
		return c.stranger(answer)
	}
	p := &api.Problem{}
	if err := json.Unmarshal(text, p); err != nil || p.Kind == "" {
		return c.stranger(answer)
	}
	if p.Status == http.StatusUnauthorized {
		return fail(Unreachable, "the API at %s refuses the token; give the right one as --token or LONGSHORE_API_TOKEN", c.base)
	}
	return &failure{refused(p), p}
}

// stranger is the error of a server that isn't Longshore's.
func (c *client) stranger(answer *http.Response) error {
	return fail(Unreachable, "%s answers %s, but not as Longshore does; say where the API is with --api or LONGSHORE_API", c.base, answer.Status)
}

// unreachable is the error of a request without an answer, in one line.
func (c *client) unreachable(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return silent(Interrupted)
	}
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return fail(Unreachable, "no API answers at %s (%w); start one with longshore dev, or say where it is with --api or LONGSHORE_API", c.base, err)
}
