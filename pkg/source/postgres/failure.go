package postgres

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/longshore/longshore/pkg/fault"
)

// SQLSTATE codes that are more than their class says.
const (
	codeProtocolViolation     = "08P01"
	codeReadOnly              = "25006"
	codeInvalidAuthorization  = "28000"
	codeInvalidPassword       = "28P01"
	codeInvalidParameterValue = "22023"
	codeNotEncoded            = "22021"
	codeNoDatabase            = "3D000"
	codeNoSchema              = "3F000"
	codeNoGrant               = "42501"
	codeSyntax                = "42601"
	codeNoTable               = "42P01"
	codeNoColumn              = "42703"
	codeTooManyConnections    = "53300"
	codeNotInState            = "55000"
	codeCanceled              = "57014"
	codeDatabaseDropped       = "57P04"
	codeInternal              = "XX000"

	classData = "22" // a value that can't be computed or converted
)

// failure is what an error of the server or the network becomes: one line that
// says which connection did what, and what to do about it.
func (d *database) failure(ctx context.Context, action string, err error) error {
	return d.failureAt(ctx, action, err, "")
}

// failureAt is failure with the place in the model's SQL; empty is unknown.
func (d *database) failureAt(ctx context.Context, action string, err error, place string) error {
	if err == nil {
		return nil
	}
	var known *fault.Error
	if errors.As(err, &known) {
		return fmt.Errorf("connection %s: %s: %w", d.name, action, err)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("connection %s: %s: %w", d.name, action, context.Cause(ctx))
	}
	kind, remedy := d.classify(err)
	out := fault.New(kind, "connection %s: %s: %w", d.name, action, d.oneLine(err, place))
	if remedy == "" {
		return out
	}
	return fault.WithRemedy(out, "%s", remedy)
}

// plain is an error whose text is on one line and without secrets; what it
// wraps stays for errors.As.
type plain struct {
	text string
	err  error
}

func (p plain) Error() string { return p.text }
func (p plain) Unwrap() error { return p.err }

func (d *database) oneLine(err error, place string) error {
	text := err.Error()
	var pg *pgconn.PgError
	var op *net.OpError
	switch {
	case errors.As(err, &op) && d.settings != nil && !strings.Contains(address(d.settings), ","):
		text = op.Error() // what is around it repeats the address
	case errors.As(err, &pg):
		text = pg.Message
		if place != "" {
			text += " at " + place
		}
		if pg.Detail != "" {
			text += " (" + strings.TrimSuffix(pg.Detail, ".") + ")"
		}
		text += " [" + pg.Code + "]"
	}
	text = strings.Join(strings.Fields(text), " ")
	if d.settings != nil && len(d.settings.Password) > 3 {
		text = strings.ReplaceAll(text, d.settings.Password, "**redacted**")
	}
	return plain{text, err}
}

func (d *database) classify(err error) (fault.Kind, string) {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return d.classifyServer(pg)
	}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return fault.NotFound, "check the host name in the connection's URL"
	case errors.Is(err, syscall.ECONNREFUSED):
		return fault.Temporary, "start PostgreSQL there, or correct host and port in the connection's URL"
	case errors.Is(err, os.ErrNotExist):
		return fault.NotFound, "check the host in the connection's URL"
	case isCertificate(err):
		return fault.Denied, "set sslrootcert in the connection's URL to the authority that signed the server's certificate"
	case errors.Is(err, context.Canceled):
		return fault.Canceled, ""
	case strings.Contains(err.Error(), "server refused TLS connection"):
		return fault.Denied, "set sslmode=prefer in the connection's URL, or turn on TLS in the server"
	}
	return fault.Temporary, ""
}

func isCertificate(err error) bool {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &unknown) || errors.As(err, &name) || errors.As(err, &invalid)
}

// classifyServer chooses by SQLSTATE: a code that has its own meaning, or else
// its class.
func (d *database) classifyServer(pg *pgconn.PgError) (fault.Kind, string) {
	switch pg.Code {
	case codeInvalidPassword, codeInvalidAuthorization:
		return fault.Denied, "check user and password of the connection, and the server's pg_hba.conf"
	case codeNoDatabase:
		return fault.NotFound, "check the database name in the connection's URL"
	case codeNoTable, codeNoSchema:
		return fault.NotFound, "check the name's spelling and schema, or write it as schema.name"
	case codeNoGrant:
		return fault.Denied, d.missingGrant(pg.Message)
	case codeNoColumn:
		return fault.Invalid, orHint(pg, "check the column's name")
	case codeSyntax:
		return fault.Invalid, orHint(pg, "correct the model's SQL")
	case codeNotEncoded:
		return fault.Invalid, "say what the text's encoding is: convert_from(column::bytea, 'LATIN1')"
	case codeReadOnly:
		return fault.Invalid, "a model may only read"
	case codeTooManyConnections:
		return fault.Throttled, "lower the number of parts, or raise max_connections"
	case codeDatabaseDropped:
		return fault.NotFound, "the database was dropped"
	case codeCanceled:
		return fault.Temporary, "somebody canceled the query in the server, or a timeout there did"
	}
	if strings.HasPrefix(pg.Code, classData) {
		return fault.Invalid, orHint(pg, "correct the model's SQL, or the rows that it reads")
	}
	return classOf(pg.Code), orHint(pg, "")
}

// classOf chooses by the class of a SQLSTATE, its first two characters.
func classOf(code string) fault.Kind {
	if len(code) < 2 {
		return fault.Unknown
	}
	switch code[:2] {
	case "0A", "21", classData, "2F", "34", "42", "44", "54": // the SQL, or its data
		return fault.Invalid
	case "28", "0L", "0P":
		return fault.Denied
	case "08", "25", "40", "53", "55", "57", "58", "72":
		return fault.Temporary
	}
	return fault.Unknown
}

// orHint returns the server's own hint, or else the given remedy.
func orHint(pg *pgconn.PgError, remedy string) string {
	if pg.Hint == "" {
		return remedy
	}
	return strings.TrimSuffix(strings.Join(strings.Fields(pg.Hint), " "), ".")
}

// denied is the server's sentence for a missing grant. In another language it
// isn't found, and the remedy is less precise.
var denied = regexp.MustCompile(`^permission denied for (\w+(?: \w+)*) (\S+)$`)

func (d *database) missingGrant(message string) string {
	user := quoteName(d.settings.User)
	m := denied.FindStringSubmatch(message)
	if m == nil {
		return "grant SELECT on what the model reads to " + user
	}
	switch thing, name := m[1], m[2]; thing {
	case "schema":
		return fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s", name, user)
	case "function", "procedure", "aggregate":
		return fmt.Sprintf("GRANT EXECUTE ON FUNCTION %s TO %s", name, user)
	case "database":
		return fmt.Sprintf("GRANT CONNECT ON DATABASE %s TO %s", name, user)
	case "type", "language", "foreign server":
		return fmt.Sprintf("GRANT USAGE ON %s %s TO %s", strings.ToUpper(thing), name, user)
	default: // table, view, materialized view, foreign table, sequence
		return fmt.Sprintf("GRANT SELECT ON %s TO %s", name, user)
	}
}
