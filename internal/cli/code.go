package cli

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/longshore/longshore/internal/api"
)

// Code is what the command's end says to scripts.
type Code int

// The exit codes.
const (
	OK          Code = 0   // done
	RunFailed   Code = 1   // a run, or the test of a connection, failed; or a verification found something
	Invalid     Code = 2   // the command line, a name, or a definition is wrong
	Unreachable Code = 3   // the API doesn't answer, refuses us, or is in trouble
	Canceled    Code = 4   // the run was canceled
	Interrupted Code = 130 // Ctrl-C; a run that was started goes on
)

const codesHelp = `Exit codes:
  0    done
  1    the run, or the test of a connection, failed; or a verification found something
  2    the command line, a name or a definition is wrong
  3    the API does not answer, refuses the token, or is in trouble
  4    the run was canceled
  130  interrupted; a run that was started goes on`

// failure is an error with an exit code.
type failure struct {
	code Code
	err  error // nil when all is said already
}

func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

func fail(code Code, format string, args ...any) error {
	return &failure{code, fmt.Errorf(format, args...)}
}

// silent ends the command with a code when all is said already.
func silent(code Code) error { return &failure{code: code} }

// codeOf returns an error's exit code. What nobody gave one is cobra's: a wrong
// command line.
func codeOf(err error) Code {
	var f *failure
	switch {
	case err == nil:
		return OK
	case errors.As(err, &f):
		return f.code
	}
	return Invalid
}

// refused gives an answer of the API that isn't a success its exit code.
func refused(p *api.Problem) Code {
	switch {
	case p.Status == http.StatusUnauthorized, p.Status == http.StatusForbidden, p.Status >= http.StatusInternalServerError:
		return Unreachable
	}
	return Invalid
}
