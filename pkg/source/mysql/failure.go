package mysql

import (
	"context"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/go-sql-driver/mysql"

	"github.com/longshore/longshore/pkg/fault"
)

// failure is what an error of the server or the network becomes: one line that
// says which connection did what, and what to do about it.
func (d *database) failure(ctx context.Context, action string, err error) error {
	return d.failureIn(ctx, action, err, "", 0)
}

// failureIn is failure with the place in the model's SQL, before which the
// statement sent had the given number of lines.
func (d *database) failureIn(ctx context.Context, action string, err error, sql string, linesBefore int) error {
	var known *fault.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("connection %s: %s: %w", d.name, action, context.Cause(ctx))
	case errors.As(err, &known):
		return fmt.Errorf("connection %s: %s: %w", d.name, action, err)
	}
	kind, remedy := classify(err)
	text := err.Error()
	var server *mysql.MySQLError
	switch {
	case errors.As(err, &server):
		text = serverText(server, sql, linesBefore)
	case errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, driver.ErrBadConn):
		text = "the connection broke"
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
	if len(d.password) > 3 {
		text = strings.ReplaceAll(text, d.password, "**redacted**")
	}
	return plain{text, err}
}

// syntax is the server's sentence for wrong SQL. In another language it isn't
// found, and shown as it is.
var syntax = regexp.MustCompile(`(?s)right syntax to use near '(.*)' at line (\d+)$`)

// longest is how much of the server's message we show, in bytes.
const longest = 400

// serverText is the server's message, with the place in the model where it
// tells one.
func serverText(e *mysql.MySQLError, sql string, linesBefore int) string {
	text := e.Message
	if m := syntax.FindStringSubmatch(text); m != nil {
		line, _ := strconv.Atoi(m[2]) // digits, by the pattern
		near := m[1]
		if cut := strings.Index(near, "\n) AS q"); linesBefore > 0 && cut >= 0 {
			near = near[:cut] // what follows is ours
		}
		text = fmt.Sprintf("syntax error near %q at %s", near, position(sql, near, line-linesBefore))
	}
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return strings.ToValidUTF8(text, "") + " [" + strconv.Itoa(int(e.Number)) + "]"
}

// position spells the place of a text that begins in the given line of sql, from
// 1: line:column where the text is found there, the column in characters, and
// else the line.
func position(sql, near string, line int) string {
	start := 0
	for n := 1; n < line; n++ {
		next := strings.IndexByte(sql[start:], '\n')
		if next < 0 {
			return strconv.Itoa(line)
		}
		start += next + 1
	}
	rest, _, _ := strings.Cut(sql[start:], "\n")
	at := len(rest) // nothing near it is the end
	if near != "" {
		if at = strings.Index(sql[start:], near); at < 0 || at > len(rest) {
			return strconv.Itoa(line)
		}
	}
	return fmt.Sprintf("%d:%d", line, utf8.RuneCountInString(rest[:at])+1)
}

func classify(err error) (fault.Kind, string) {
	var server *mysql.MySQLError
	if errors.As(err, &server) {
		return classifyServer(server)
	}
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var hostname x509.HostnameError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return fault.NotFound, "check the host name in the connection's URL"
	case errors.Is(err, syscall.ECONNREFUSED):
		return fault.Temporary, "start MySQL there, or correct host and port in the connection's URL"
	case errors.As(err, &unknown), errors.As(err, &hostname):
		return fault.Denied, "trust the authority that signed the server's certificate, or correct the host name"
	case errors.Is(err, mysql.ErrNoTLS):
		return fault.Denied, "turn on TLS in the server, or set tls=false in the connection's URL"
	case errors.Is(err, mysql.ErrUnknownPlugin), errors.Is(err, mysql.ErrOldPassword), errors.Is(err, mysql.ErrCleartextPassword):
		return fault.Denied, "let the user log in with caching_sha2_password, mysql_native_password or ed25519"
	case errors.Is(err, context.Canceled):
		return fault.Canceled, ""
	}
	return fault.Temporary, ""
}

// classifyServer chooses by the server's number where that has its own meaning,
// and else by the class of its SQLSTATE.
func classifyServer(e *mysql.MySQLError) (fault.Kind, string) {
	if m, ok := meanings[e.Number]; ok {
		return m.kind, m.remedy
	}
	switch string(e.SQLState[:2]) {
	case "21", "22", "42", "0A", "23", "44": // the SQL, or its data
		return fault.Invalid, "correct the model's SQL, or the rows that it reads"
	case "28":
		return fault.Denied, ""
	case "08", "40", "70":
		return fault.Temporary, ""
	}
	return fault.Unknown, ""
}

type meaning struct {
	kind   fault.Kind
	remedy string
}

const (
	remedyLogin = "check user and password of the connection, and from which hosts the user may log in"
	remedyGrant = "grant the connection's user SELECT on what the model reads"
	remedyRead  = "a model may only read"
	remedyBusy  = "lower the number of parts, or raise the server's or the user's limit of connections"
	remedyLimit = "a time limit of the server stopped the query, or somebody did; raise it, or make the model read less"
)

// meanings is by the server's numbers, which MySQL and MariaDB share up to 1900.
var meanings = map[uint16]meaning{
	1045: {fault.Denied, remedyLogin}, 1129: {fault.Denied, remedyLogin}, 1130: {fault.Denied, remedyLogin},
	1251: {fault.Denied, remedyLogin}, 1698: {fault.Denied, remedyLogin}, 1862: {fault.Denied, "give the user a new password: it has expired"},
	1044: {fault.Denied, "grant the connection's user SELECT on the database"},
	1142: {fault.Denied, remedyGrant}, 1143: {fault.Denied, remedyGrant}, 1227: {fault.Denied, remedyGrant},
	1345: {fault.Denied, remedyGrant}, 1370: {fault.Denied, "grant the connection's user EXECUTE on the function"},
	3159: {fault.Denied, "set tls=true in the connection's URL: the server demands it"},
	1049: {fault.NotFound, "check the database name"}, 1146: {fault.NotFound, "check the name's spelling, or write it as database.table"},
	1046: {fault.Invalid, "name a database in the connection's URL, or write tables as database.table"},
	1064: {fault.Invalid, "correct the model's SQL"}, 1054: {fault.Invalid, "check the column's name"},
	1060: {fault.Invalid, "name one of the columns with AS"}, 1305: {fault.Invalid, "check the function's name"},
	1356: {fault.Invalid, "repair the view, or grant its definer what it reads"},
	1267: {fault.Invalid, "add COLLATE to one of the sides"},
	1792: {fault.Invalid, remedyRead}, 1290: {fault.Invalid, remedyRead},
	1040: {fault.Throttled, remedyBusy}, 1203: {fault.Throttled, remedyBusy}, 1226: {fault.Throttled, remedyBusy},
	1205: {fault.Temporary, ""}, 1213: {fault.Temporary, ""}, 1053: {fault.Temporary, ""}, 1412: {fault.Temporary, ""},
	1021: {fault.Temporary, ""}, 1037: {fault.Temporary, ""}, 1038: {fault.Temporary, ""}, 1114: {fault.Temporary, ""},
	1317: {fault.Temporary, remedyLimit}, 1969: {fault.Temporary, remedyLimit}, 3024: {fault.Temporary, remedyLimit},
	1927: {fault.Temporary, "somebody killed the connection in the server"},
}
