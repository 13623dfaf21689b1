package clickhouse

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/longshore/longshore/pkg/fault"
)

// action is what was tried.
type action struct {
	verb  string // with its object: "append to shop.orders"
	grant string // what the user needs for it: "INSERT ON shop.orders"; empty when the server's message says it
}

// cause is an error with a text of its own.
type cause struct {
	text string
	err  error
}

func (c *cause) Error() string { return c.text }
func (c *cause) Unwrap() error { return c.err }

// fault gives an error of a driver its kind and its one line. An error that has
// a kind passes.
func (t target) fault(a action, err error) error {
	var known *fault.Error
	if errors.As(err, &known) {
		return err
	}
	kind, text, remedy := t.diagnose(a, err)
	text = strings.Join(strings.Fields(text), " ")
	err = fault.New(kind, "connection %s: %s: %w", t.name, a.verb, &cause{text, err})
	if remedy == "" {
		return err
	}
	return fault.WithRemedy(err, "%s", remedy)
}

func (t target) diagnose(a action, err error) (kind fault.Kind, text, remedy string) {
	switch {
	case errors.Is(err, context.Canceled):
		return fault.Canceled, context.Canceled.Error(), ""
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fault.Temporary, t.address + " did not answer in time", ""
	}
	if code, message, ok := exception(err); ok {
		kind, remedy := judge(code)
		if code == proto.ErrAccessDenied && a.grant != "" {
			remedy = fmt.Sprintf("GRANT %s TO %s", a.grant, t.user)
		}
		return kind, fmt.Sprintf("%v: %s", code, message), remedy
	}
	return t.diagnoseNetwork(err)
}

// exception returns what the server said, whichever driver heard it.
func exception(err error) (code proto.Error, message string, ok bool) {
	var appending *ch.Exception
	var querying *clickhouse.Exception
	switch {
	case errors.As(err, &appending):
		code, message = appending.Code, appending.Message
	case errors.As(err, &querying):
		code, message = proto.Error(querying.Code), querying.Message
	default:
		return 0, "", false
	}
	message = strings.TrimPrefix(message, "DB::Exception: ")
	message, _, _ = strings.Cut(message, "Stack trace:")
	return code, strings.TrimSpace(message), true
}

func (t target) diagnoseNetwork(err error) (kind fault.Kind, text, remedy string) {
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		dns      *net.DNSError
		op       *net.OpError
	)
	switch {
	case errors.As(err, &unknown):
		return fault.Invalid, t.address + ": " + unknown.Error(), "set the connection's CA certificate"
	case errors.As(err, &hostname):
		return fault.Invalid, t.address + ": " + hostname.Error(), "connect to a name in the server's certificate"
	case errors.As(err, &invalid):
		return fault.Invalid, t.address + ": " + invalid.Error(), "renew the server's certificate"
	case errors.As(err, &record):
		return fault.Invalid, t.address + " does not speak TLS", "remove secure=true, or use the port for TLS (9440)"
	case errors.As(err, &dns) && dns.IsNotFound:
		return fault.NotFound, "there is no host " + dns.Name, "check the connection's URL"
	case errors.As(err, &op):
		return fault.Temporary, fmt.Sprintf("%s is unreachable: %v", t.address, op), "check the connection's URL and that the server runs"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, ch.ErrClosed):
		return fault.Temporary, t.address + " closed the connection", t.closedRemedy()
	}
	return fault.Unknown, err.Error(), ""
}

// closedRemedy is for servers that hang up on what they don't understand.
func (t target) closedRemedy() string {
	if t.tls == nil {
		return "if it does so at once, it may want TLS: add secure=true to the connection's URL"
	}
	return ""
}
