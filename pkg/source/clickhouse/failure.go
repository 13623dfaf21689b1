package clickhouse

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"

	"github.com/longshore/longshore/pkg/fault"
)

// failure is what an error of the server or the network becomes: one line that
// says which connection did what, and what to do about it. The statement sent
// had the given number of lines before the model.
func (d *database) failure(ctx context.Context, action string, err error, linesBefore int) error {
	var known *fault.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("connection %s: %s: %w", d.name, action, context.Cause(ctx))
	case errors.As(err, &known):
		return fault.New(fault.KindOf(err), "connection %s: %s: %w", d.name, action, d.oneLine(err, known.Error()))
	}
	kind, remedy := classify(err)
	text := err.Error()
	var exception *ch.Exception
	if errors.As(err, &exception) {
		text = serverText(exception, linesBefore)
	}
	out := fault.New(kind, "connection %s: %s: %w", d.name, action, d.oneLine(err, text))
	if remedy != "" {
		out = fault.WithRemedy(out, "%s", remedy)
	}
	return out
}

// plain is an error whose text is on one line and without secrets; what it
// wraps stays for errors.As.
type plain struct {
	text string
	err  error
}

func (p plain) Error() string { return p.text }
func (p plain) Unwrap() error { return p.err }

func (d *database) oneLine(err error, text string) error {
	text = strings.Join(strings.Fields(text), " ")
	if len(d.options.Password) > 3 {
		text = strings.ReplaceAll(text, d.options.Password, "**redacted**")
	}
	return plain{text, err}
}

var (
	place    = regexp.MustCompile(`\(line (\d+), col (\d+)\)`)
	expected = regexp.MustCompile(`(?s)\.? ?(Expected one of|While executing|: While processing|: In scope|\(version ).*`)
)

// longest is how much of the server's message we show.
const longest = 400

// serverText is the server's message with the place in the model, and without
// the lists that no one reads.
func serverText(e *ch.Exception, linesBefore int) string {
	text := strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(e.Message, e.Name+":")), "DB::Exception: ")
	at := ""
	if m := place.FindStringSubmatch(text); m != nil {
		if line, err := strconv.Atoi(m[1]); err == nil && line > linesBefore {
			at = fmt.Sprintf(" at %d:%s", line-linesBefore, m[2])
		}
	}
	text = expected.ReplaceAllString(text, "")
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return strings.ToValidUTF8(text, "") + at + " [" + strconv.Itoa(int(e.Code)) + "]"
}

func classify(err error) (fault.Kind, string) {
	var exception *ch.Exception
	if errors.As(err, &exception) {
		return classifyServer(exception.Code)
	}
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var hostname x509.HostnameError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return fault.NotFound, "check the host name in the connection's URL"
	case errors.Is(err, syscall.ECONNREFUSED):
		return fault.Temporary, "start ClickHouse there, or correct host and native port (9000, or 9440 with secure=true) in the connection's URL"
	case errors.As(err, &unknown), errors.As(err, &hostname):
		return fault.Denied, "trust the authority that signed the server's certificate, or correct the host name"
	case errors.Is(err, context.Canceled):
		return fault.Canceled, ""
	}
	return fault.Temporary, ""
}

// classifyServer chooses by the server's code.
func classifyServer(code proto.Error) (fault.Kind, string) {
	switch code {
	case proto.ErrAuthenticationFailed, proto.ErrWrongPassword, proto.ErrRequiredPassword, proto.ErrUnknownUser:
		return fault.Denied, "check user and password of the connection"
	case proto.ErrDatabaseAccessDenied, proto.ErrAccessDenied:
		return fault.Denied, "grant the connection's user SELECT on what the model reads"
	case proto.ErrUnknownDatabase:
		return fault.NotFound, "check the database name"
	case proto.ErrUnknownTable:
		return fault.NotFound, "check the name's spelling, or write it as database.table"
	case proto.ErrReadonly, proto.ErrReadonlySetting:
		return fault.Invalid, "a model may only read"
	case proto.ErrTooManySimultaneousQueries:
		return fault.Throttled, "lower the number of parts, or raise max_concurrent_queries"
	case codeMemoryLimit, codeTimeout, codeTooSlow, codeTooManyRows, codeTooManyBytes:
		return fault.Temporary, "the user's limits stopped the query; raise them, or make the model read less"
	case codeCanceled, codeNetwork, codeSocketTimeout, codeAborted:
		return fault.Temporary, ""
	}
	if invalid[code] {
		return fault.Invalid, ""
	}
	return fault.Unknown, ""
}

const (
	codeMemoryLimit   proto.Error = 241
	codeTimeout       proto.Error = 159
	codeTooSlow       proto.Error = 160
	codeTooManyRows   proto.Error = 158
	codeTooManyBytes  proto.Error = 307
	codeCanceled      proto.Error = 394
	codeNetwork       proto.Error = 210
	codeSocketTimeout proto.Error = 209
	codeAborted       proto.Error = 236
)

// invalid is the codes of SQL, or data, that will fail again: wrong syntax,
// names, types, numbers of arguments, values that don't parse or divide.
var invalid = map[proto.Error]bool{
	6: true, 10: true, 26: true, 27: true, 35: true, 36: true, 38: true, 41: true, 42: true, 43: true, 44: true,
	46: true, 47: true, 48: true, 50: true, 53: true, 62: true, 63: true, 69: true, 70: true, 72: true,
	115: true, 131: true, 153: true, 179: true, 184: true, 207: true, 215: true, 245: true, 321: true, 344: true,
	349: true, 352: true, 386: true, 395: true, 403: true, 407: true, 452: true,
}
