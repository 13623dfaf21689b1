// Package fault sorts errors by what should happen next.
//
// Programs act on the Kind, people read the text. The driver that knows the
// vendor's error chooses the kind; nobody above it matches on text. A kind
// survives wrapping with %w, so a layer adds its verb and its thing and leaves
// the kind alone.
//
//	return fault.New(fault.Invalid, "decode %s row %d: %w", key, row, err)
//
// An error that a person can mend carries a remedy: see WithRemedy.
package fault

import (
	"context"
	"errors"
	"fmt"
)

// Kind says what the caller should do about an error.
type Kind uint8

// The kinds, in the order of the table in STYLE: what may work later, what
// needs a person, what must never be retried, and what is no failure at all.
const (
	// Unknown is an error that nobody classified yet. It is retried like
	// Temporary, and counted until somebody gives it a kind.
	Unknown Kind = iota
	// Temporary means that the same call may work later.
	Temporary
	// Throttled means that the same call may work later if we slow down.
	Throttled
	// Denied means that credentials or grants are wrong.
	Denied
	// NotFound means that the bucket, object, table or server name is wrong.
	NotFound
	// Invalid means that the data or the definition is wrong. Never retried.
	Invalid
	// Conflict means that somebody already did it. For most callers a success.
	Conflict
	// Canceled means that we were told to stop. The attempt is not counted.
	Canceled
)

var names = [...]string{"unknown", "temporary", "throttled", "denied", "not_found", "invalid", "conflict", "canceled"}

// String returns the kind's name as logs, metrics and the API spell it.
func (k Kind) String() string {
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ParseKind is the inverse of Kind.String. An unknown name is Unknown.
func ParseKind(name string) Kind {
	for k, n := range names {
		if n == name {
			return Kind(k)
		}
	}
	return Unknown
}

// Retryable reports whether the same call may work later.
func (k Kind) Retryable() bool { return k == Unknown || k == Temporary || k == Throttled }

// Error is an error with a kind. Make one with New or WithRemedy.
type Error struct {
	kind   Kind
	err    error
	remedy string // what a person can do; empty when there is nothing to say
}

// New returns an error of the given kind. The format is fmt.Errorf's: %w wraps.
func New(kind Kind, format string, args ...any) error {
	return &Error{kind: kind, err: fmt.Errorf(format, args...)}
}

// WithRemedy adds to err what a person can do about it, in the imperative and
// without a final stop: "grant s3:PutObject on arn:aws:s3:::shop/*". The kind
// stays. A nil err stays nil.
func WithRemedy(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &Error{kind: KindOf(err), err: err, remedy: fmt.Sprintf(format, args...)}
}

// Error returns the text, followed by "; " and the remedy where there is one.
func (e *Error) Error() string {
	if e.remedy == "" {
		return e.err.Error()
	}
	return e.err.Error() + "; " + e.remedy
}

// Unwrap gives errors.Is and errors.As the wrapped error.
func (e *Error) Unwrap() error { return e.err }

// KindOf returns the outermost kind in err's chain. Errors of package context
// have kinds of their own: Canceled, and Temporary for a deadline. The kind of
// nil is Unknown.
func KindOf(err error) Kind {
	var f *Error
	switch {
	case errors.As(err, &f):
		return f.kind
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return Temporary
	}
	return Unknown
}

// Is reports whether err is of the given kind. It is false for nil.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }
