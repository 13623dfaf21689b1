package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// Problem is an error as RFC 9457 spells it.
type Problem struct {
	Type   string `json:"type" doc:"Always about:blank; the kind says more."`
	Title  string `json:"title" doc:"The status in words."`
	Status int    `json:"status" doc:"The HTTP status."`
	Kind   string `json:"kind" enum:"unknown,temporary,throttled,denied,not_found,invalid,conflict,canceled" doc:"What to do about it: temporary and throttled pass by themselves, denied and not_found and invalid need a person."`
	Detail string `json:"detail" doc:"One line for people, with the remedy where there is one."`
	// Problems are the mistakes of a push, or of the request's fields.
	Problems []Mistake `json:"problems,omitempty" doc:"All mistakes at once."`
}

// Mistake is one mistake in a project file, or in a field of the request.
type Mistake struct {
	File    string `json:"file" doc:"Path in the project, or the request's field, such as body.files."`
	Line    int    `json:"line,omitempty" doc:"From 1."`
	Column  int    `json:"column,omitempty" doc:"From 1, in bytes."`
	Message string `json:"message" doc:"What is wrong."`
	Remedy  string `json:"remedy,omitempty" doc:"What would be right."`
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus tells huma the status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType tells huma the content type.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func newProblem(status int, kind fault.Kind, detail string) *Problem {
	return &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Kind: kind.String(),
		Detail: strings.Join(strings.Fields(detail), " "),
	}
}

// shapeErrors makes huma's own errors, of requests that don't fit, problems of
// ours. They name the field but don't repeat its value: it may be a secret.
var shapeErrors = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false                                                  // lists of ours are never null
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError { // huma's way to choose the shape
		kind := fault.Invalid
		if status >= http.StatusInternalServerError {
			return newProblem(status, fault.Unknown, "internal error; the producer's log says more")
		}
		p := newProblem(status, kind, message)
		for _, err := range errs {
			var detailed huma.ErrorDetailer
			if errors.As(err, &detailed) {
				d := detailed.ErrorDetail()
				p.Problems = append(p.Problems, Mistake{File: d.Location, Message: d.Message})
			}
		}
		if len(p.Problems) > 0 {
			p.Detail += ": " + p.Problems[0].File + ": " + p.Problems[0].Message
		}
		return p
	}
})

// problem makes an error of ours a problem. What nobody classified is logged
// and told without its text.
func (s *server) problem(operation string, err error) *Problem {
	var known *Problem
	if errors.As(err, &known) {
		return known
	}
	kind := fault.KindOf(err)
	status := statusOf(kind)
	if status >= http.StatusInternalServerError && kind != fault.Canceled { // nobody waits for that answer any more
		s.Log.Error("request failed", zap.String("operation", operation), zap.Stringer("kind", kind), zap.Error(err))
	}
	if kind == fault.Unknown {
		return newProblem(status, kind, "internal error; the producer's log says more")
	}
	return newProblem(status, kind, err.Error())
}

// statusOf returns the status of an error of ours: the ledger's, the queue's,
// or our own. Denied is never 401: it is our access to the state bucket, not
// the caller's to us.
func statusOf(kind fault.Kind) int {
	switch kind {
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Conflict:
		return http.StatusConflict
	case fault.Denied:
		return http.StatusBadGateway
	case fault.Temporary, fault.Throttled, fault.Canceled:
		return http.StatusServiceUnavailable
	case fault.Unknown:
	}
	return http.StatusInternalServerError
}

// abroad makes an error of a server that a connection leads to a problem. What
// a person must mend in the definition is 422, what may pass is 502: neither is
// mistaken for an answer about the caller's token or the endpoint.
func abroad(err error) error {
	if err == nil {
		return nil
	}
	kind := fault.KindOf(err)
	status := http.StatusBadGateway
	if kind == fault.Denied || kind == fault.NotFound || kind == fault.Invalid || kind == fault.Conflict {
		status = http.StatusUnprocessableEntity
	}
	if kind == fault.Unknown {
		return err
	}
	return newProblem(status, kind, err.Error())
}

// mistakes turns problems of definitions into the answer to their push.
func mistakes(problems def.Problems) *Problem {
	p := newProblem(http.StatusUnprocessableEntity, fault.Invalid, countOf(len(problems), "mistake")+" in the project; nothing was changed")
	for _, m := range problems {
		p.Problems = append(p.Problems, Mistake(m))
	}
	return p
}

// writeProblem answers where huma isn't asked.
func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the caller may have gone
}
