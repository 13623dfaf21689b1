package def

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/longshore/longshore/pkg/fault"
)

var tlsModes = []string{"disable", "require", "verify"}

// schemes are what URLs of a type may begin with; the first is ours.
var schemes = map[ConnectionType][]string{
	Postgres:   {"postgres", "postgresql"},
	MySQL:      {"mysql", "mariadb"},
	ClickHouse: {"clickhouse", "tcp", "http", "https"},
}

func (f fields) sql(t ConnectionType) *SQLConnection {
	p := t.prefix()
	s := &SQLConnection{
		URL: f.value(p+"URL", true), Host: f.value(p+"HOST", false), Database: f.value(p+"DATABASE", false),
		User: f.value(p+"USER", false), Password: f.value(p+"PASSWORD", true), CACert: f.value(p+"CA_CERT", false),
	}
	if e, ok := f.entries[p+"PORT"]; ok {
		if s.Port, ok = parsePort(e.value); !ok {
			f.problems.add(e.at, "use a number from 1 to 65535", "%sPORT is %q", p, e.value)
		}
	}
	if e, ok := f.entries[p+"TLS"]; ok {
		s.TLS = e.value
		if !contains(tlsModes, e.value) {
			f.problems.add(e.at, didYouMean("mode", e.value, tlsModes), "%sTLS is %q", p, e.value)
		}
	}
	if t == ClickHouse {
		f.cluster(s)
	}
	f.urlOrFields(t, s)
	return s
}

func (f fields) urlOrFields(t ConnectionType, s *SQLConnection) {
	p := t.prefix()
	if !f.has(p + "URL") {
		if !f.has(p + "HOST") {
			f.problems.add(f.entries["TYPE"].at, "add "+p+"HOST or "+p+"URL", "the connection does not say where the server is")
		}
		return
	}
	at := f.entries[p+"URL"].at
	for _, key := range []string{"HOST", "PORT", "DATABASE", "USER"} {
		if e, ok := f.entries[p+key]; ok {
			f.problems.add(e.at, "remove it, or replace the URL by fields", "%s is given beside %sURL, which says it too", p+key, p)
		}
	}
	text, plain := s.URL.plain()
	if !plain {
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		f.problems.add(at, fmt.Sprintf("write %s://user@host:%d/database", schemes[t][0], sqlPorts[t]), "%sURL is not a URL", p)
	case !contains(schemes[t], u.Scheme):
		f.problems.add(at, "write "+schemes[t][0]+"://…", "%sURL begins with %s://", p, u.Scheme)
	case u.User != nil && f.has(p+"PASSWORD"):
		if _, twice := u.User.Password(); twice {
			f.problems.add(f.entries[p+"PASSWORD"].at, "remove one of them", "the URL has a password too")
		}
	}
}

// ResolveURL returns the connection as one URL, with its secrets: that of the
// definition, completed by Password, or one made of the fields. TLS and CACert
// are not in it: they are spelled differently by each driver. The error is
// NotFound when a secret is missing, Invalid when a resolved URL is none.
func (s *SQLConnection) ResolveURL(t ConnectionType, lookup func(name string) (string, bool)) (Secret, error) {
	var text [5]string
	for i, v := range []Value{s.URL, s.Host, s.Database, s.User, s.Password} {
		secret, err := v.Resolve(lookup)
		if err != nil {
			return Secret{}, err
		}
		text[i] = secret.Reveal()
	}
	whole, host, database, user, password := text[0], text[1], text[2], text[3], text[4]
	u := &url.URL{Scheme: string(t), Path: "/" + database}
	if whole != "" {
		parsed, err := url.Parse(whole)
		if err != nil || parsed.Host == "" || !contains(schemes[t], parsed.Scheme) {
			return Secret{}, fault.New(fault.Invalid, "the URL of the connection is not one of type %s", t) // err would quote it
		}
		u = parsed
		user = u.User.Username()
		if p, has := u.User.Password(); has {
			password = p
		}
	} else {
		port := s.Port
		if port == 0 {
			port = sqlPorts[t]
		}
		u.Host = net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(port))
	}
	switch {
	case password != "":
		u.User = url.UserPassword(user, password)
	case user != "":
		u.User = url.User(user)
	}
	return NewSecret(u.String()), nil
}
