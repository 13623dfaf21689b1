// Package post sends messages over HTTP for the channels that do, and sorts
// what comes back. What must stay true: no error holds the address, a header or
// the body that was sent.
package post

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/pkg/fault"
)

// Request is what to send.
type Request struct {
	URL         string
	ContentType string
	Body        []byte
	// Header is set in addition.
	Header map[string]string
	// User and Password are for basic authentication; empty is none.
	User, Password string
	// Reason finds the vendor's reason in the body of a refusal; nil has none shown.
	Reason func(body []byte) string
}

// JSON returns a request with v as its body. It must be encodable.
func JSON(address string, v any) Request {
	var body strings.Builder
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // drivers send structs of text
	}
	return Request{URL: address, ContentType: "application/json", Body: []byte(strings.TrimSuffix(body.String(), "\n"))}
}

// client doesn't follow redirects: who sends us elsewhere would get the secrets.
var client = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Send posts a request on behalf of a channel.
func Send(ctx context.Context, cfg alert.Config, r Request) error {
	ctx, cancel := context.WithTimeout(ctx, cfg.Limit())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, strings.NewReader(string(r.Body)))
	if err != nil {
		return fault.New(fault.Invalid, "channel %s: its address is not a URL", cfg.Name) // err would quote it
	}
	req.Header.Set("Content-Type", r.ContentType)
	req.Header.Set("User-Agent", "longshore")
	for name, value := range r.Header {
		req.Header.Set(name, value)
	}
	if r.User != "" {
		req.SetBasicAuth(r.User, r.Password)
	}
	res, err := client.Do(req)
	if err != nil {
		return unreachable(ctx, cfg, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 4096)) // enough for a reason
	if res.StatusCode/100 == 2 {
		return nil // accepted, whatever became of the rest of the answer
	}
	if err != nil {
		body = nil
	}
	return refused(cfg, r, res, body)
}

// unreachable is an error without an answer. The text of the http package's
// begins with the address; so only its cause is kept, and only where we know it.
func unreachable(ctx context.Context, cfg alert.Config, err error) error {
	var u *url.Error
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return fault.New(fault.Canceled, "channel %s: %w", cfg.Name, ctx.Err())
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.As(err, &u) && u.Timeout():
		return fault.New(fault.Temporary, "channel %s: no answer within %s", cfg.Name, cfg.Limit())
	case errors.As(err, &u):
		return fault.New(fault.Temporary, "channel %s: %s", cfg.Name, Hide(cfg, u.Err.Error()))
	}
	return fault.New(fault.Temporary, "channel %s can't be reached", cfg.Name)
}

// refused is what an answer other than success means.
func refused(cfg alert.Config, r Request, res *http.Response, body []byte) error {
	what := "answers " + strconv.Itoa(res.StatusCode)
	if text := http.StatusText(res.StatusCode); text != "" {
		what += " " + text
	}
	if r.Reason != nil {
		if reason := alert.Clip(Hide(cfg, r.Reason(body)), 200); reason != "" {
			what += ": " + reason
		}
	}
	kind := kindOf(res.StatusCode)
	if kind == fault.Throttled {
		wait := &alert.ThrottledError{After: retryAfter(res.Header.Get("Retry-After"))}
		return fault.New(kind, "channel %s %s: %w", cfg.Name, what, wait)
	}
	err := fault.New(kind, "channel %s %s", cfg.Name, what)
	if kind.Retryable() {
		return err
	}
	return fault.WithRemedy(err, "check the channel's options in longshore.yaml and their secrets")
}

func kindOf(status int) fault.Kind {
	switch {
	case status == http.StatusTooManyRequests:
		return fault.Throttled
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fault.Denied
	case status == http.StatusNotFound, status == http.StatusGone:
		return fault.NotFound
	case status == http.StatusRequestTimeout, status >= 500:
		return fault.Temporary
	}
	return fault.Invalid
}

// maxRetryAfter bounds how long a vendor may have us wait.
const maxRetryAfter = time.Hour

// retryAfter reads the header: seconds, or a date. Without one that can be read
// it is half a minute.
func retryAfter(header string) time.Duration {
	wait := 30 * time.Second
	if seconds, err := strconv.Atoi(header); err == nil && seconds >= 0 {
		wait = time.Duration(min(seconds, int(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = max(time.Until(at), 0)
	}
	return min(wait, maxRetryAfter)
}
