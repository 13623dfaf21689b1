package s3

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/longshore/longshore/pkg/fault"
)

// diagnosis is what an error means to the caller and to a person.
type diagnosis struct {
	kind   fault.Kind
	text   string // one line, in the store's or the network's words
	remedy string // empty when there is nothing to say
	is     error  // of package objstore, or nil
}

// cause is an error with a text of its own.
type cause struct {
	text string
	errs []error
}

func (c *cause) Error() string   { return c.text }
func (c *cause) Unwrap() []error { return c.errs }

// fault gives an error of the SDK its kind and its one line.
func (b *Bucket) fault(a action, key string, err error) error {
	d := b.diagnose(a, err)
	errs := []error{err}
	if d.is != nil {
		errs = append(errs, d.is)
	}
	text := strings.TrimSuffix(strings.Join(strings.Fields(d.text), " "), ".") // a remedy may follow
	err = fault.New(d.kind, "connection %s: %s %s: %w", b.conn, a.permission, a.place(b.name, key), &cause{text, errs})
	if d.remedy == "" {
		return err
	}
	return fault.WithRemedy(err, "%s", d.remedy)
}

func (b *Bucket) diagnose(a action, err error) diagnosis {
	var keys *credentialsError
	switch {
	case errors.Is(err, context.Canceled):
		return diagnosis{kind: fault.Canceled, text: context.Canceled.Error()}
	case errors.As(err, &keys):
		return b.diagnoseKeys(keys)
	}
	if d, ok := b.diagnoseNetwork(err); ok {
		return d
	}
	return b.diagnoseAnswer(a, err)
}

// answer is what is known of a store's refusal.
type answer struct {
	code    string // as S3 spells it; empty when the body had none
	message string
	status  int // of HTTP; 0 when there was no answer
	header  http.Header
}

func answered(err error) answer {
	var a answer
	var api smithy.APIError
	if errors.As(err, &api) {
		a.code, a.message = api.ErrorCode(), api.ErrorMessage()
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil && response.Response.Response != nil {
		a.status, a.header = response.Response.StatusCode, response.Response.Header
	}
	return a
}

// text prefers the store's words.
func (a answer) text() string {
	switch {
	case a.code != "" && a.message != "" && a.message != a.code:
		return a.code + ": " + a.message
	case a.code != "":
		return a.code
	}
	return http.StatusText(a.status)
}

// code is the store's code for an error, or empty.
func code(err error) string { return answered(err).code }
