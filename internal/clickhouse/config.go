package clickhouse

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// Config is a database and how to reach it.
type Config struct {
	// Name is the connection's, for errors.
	Name string
	// URL is clickhouse://user:password@host:9000/database with these parameters:
	//
	//	secure       true: TLS, on port 9440 unless the URL says another
	//	skip_verify  true: TLS without checking the certificate
	//	compress     lz4, zstd or none; by default lz4, none on this machine
	//	cluster      name: tables are made on all its servers, ours as Replicated
	//	distributed  true: rows are kept on all its shards, behind Distributed tables
	//	insert_quorum  auto, or from 2 on: how many replicas have rows before we go on
	URL def.Secret
	// TLS is a connection's: disable, require or verify; empty leaves it to the URL.
	TLS string
	// CACert signs the server's certificate, beside the system's authorities: PEM
	// text, or the path of a PEM file.
	CACert string
	// Cluster, Distributed and InsertQuorum are a connection's; zero leaves them to
	// the URL.
	Cluster      string
	Distributed  bool
	InsertQuorum string
	// Appenders is how many blocks are sent at a time. Zero means 4.
	Appenders int
}

const defaultAppenders = 4

// target is a Config that was understood.
type target struct {
	name           string // the connection's
	address        string // host:port
	database, user string
	password       def.Secret
	tls            *tls.Config // nil without TLS
	compress       string      // lz4, zstd or none
	cluster        string
	distributed    bool
	quorum         string // empty, auto or a number
	appenders      int
	revision       int // of the protocol at most; zero means all that the driver knows
}

var parameters = []string{"cluster", "compress", "distributed", "insert_quorum", "secure", "skip_verify"}

func (c Config) target() (target, error) {
	invalid := func(format string, args ...any) (target, error) {
		return target{}, fault.New(fault.Invalid, "connection "+c.Name+": "+format, args...)
	}
	u, err := url.Parse(c.URL.Reveal())
	if err != nil || u.Hostname() == "" { // err would quote the URL
		return invalid("the URL is not like clickhouse://user:password@host:9000/database")
	}
	if u.Scheme != "clickhouse" && u.Scheme != "tcp" {
		return invalid("the URL begins with %s://; tables are written over the native protocol: write clickhouse://host:9000/database", u.Scheme)
	}
	query := u.Query()
	for name := range query {
		if !slices.Contains(parameters, name) {
			return invalid("the URL has an unknown parameter %q; known are %s", name, strings.Join(parameters, ", "))
		}
	}
	password, _ := u.User.Password()
	t := target{
		name: c.Name, database: strings.Trim(u.Path, "/"), user: u.User.Username(), password: def.NewSecret(password),
		compress: query.Get("compress"), cluster: cmp.Or(c.Cluster, query.Get("cluster")), appenders: c.Appenders,
		distributed: c.Distributed || query.Get("distributed") == "true", quorum: cmp.Or(c.InsertQuorum, query.Get("insert_quorum")),
	}
	if t.distributed && t.cluster == "" {
		return invalid("tables are distributed over no cluster; name it: cluster=name in the URL, or CLICKHOUSE_CLUSTER")
	}
	if n, err := strconv.Atoi(t.quorum); t.quorum != "" && t.quorum != "auto" && (err != nil || n < 2) {
		return invalid("insert_quorum=%s is neither auto nor a number from 2 on", t.quorum)
	}
	if t.appenders <= 0 {
		t.appenders = defaultAppenders
	}
	if t.database == "" {
		t.database = "default"
	}
	if t.user == "" {
		t.user = "default"
	}
	if t.tls, err = c.secure(u.Hostname(), query); err != nil {
		return target{}, err
	}
	port := u.Port()
	if port == "" {
		port = "9000"
		if t.tls != nil {
			port = "9440"
		}
	}
	t.address = net.JoinHostPort(u.Hostname(), port)
	switch {
	case t.compress == "" && local(u.Hostname()):
		t.compress = "none"
	case t.compress == "":
		t.compress = "lz4"
	case !slices.Contains([]string{"lz4", "zstd", "none"}, t.compress):
		return invalid("compress=%s is unknown; write lz4, zstd or none", t.compress)
	}
	return t, nil
}

// secure returns how TLS is spoken, or nil.
func (c Config) secure(host string, query url.Values) (*tls.Config, error) {
	wanted, unchecked := query.Get("secure") == "true", query.Get("skip_verify") == "true"
	switch c.TLS {
	case "disable":
		wanted = false
	case "require":
		wanted, unchecked = true, true
	case "verify":
		wanted, unchecked = true, false
	}
	if !wanted {
		return nil, nil
	}
	roots, err := c.roots()
	if err != nil {
		return nil, err
	}
	// Unchecked only where its owner asks for it.
	return &tls.Config{ServerName: host, RootCAs: roots, InsecureSkipVerify: unchecked, MinVersion: tls.VersionTLS12}, nil
}

// roots returns the authorities to trust, or nil for the system's.
func (c Config) roots() (*x509.CertPool, error) {
	if c.CACert == "" {
		return nil, nil
	}
	pem := []byte(c.CACert)
	if !strings.Contains(c.CACert, "-----BEGIN") {
		var err error
		if pem, err = os.ReadFile(c.CACert); err != nil {
			return nil, fault.New(fault.Invalid, "connection %s: read the CA certificate: %w", c.Name, err)
		}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Invalid, "connection %s: the CA certificate is not in PEM", c.Name)
	}
	return pool, nil
}

// local reports whether a host is this machine.
func local(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
