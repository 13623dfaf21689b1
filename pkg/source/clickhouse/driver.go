package clickhouse

import (
	"context"
	"net/url"
	"strings"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// Driver opens ClickHouse databases.
type Driver struct{}

var _ source.Driver = Driver{}

// Traits implements source.Driver.
func (Driver) Traits() source.Traits {
	return source.Traits{Name: "clickhouse", Schemes: []string{"clickhouse"}}
}

// protocolVersion is the newest that we speak: from the next on a server may
// send columns in layouts of its own choice (sparse).
const protocolVersion = 54453

// Open implements source.Driver. The URL is clickhouse-go's, for the native
// protocol: several hosts, secure, skip_verify, compress, dial_timeout.
func (Driver) Open(ctx context.Context, cfg source.Config) (source.Database, error) {
	hosts, options, err := parseURL(cfg)
	if err != nil {
		return nil, err
	}
	db := &database{name: cfg.Name, hosts: hosts, options: options, batchRows: cfg.BatchRows}
	if db.batchRows <= 0 {
		db.batchRows = batch.DefaultRows
	}
	c, err := db.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	// A user whose profile has readonly=1 may set nothing, and needn't.
	rows, err := collect(ctx, c, "SELECT value FROM system.settings WHERE name = 'readonly'", nil)
	if err != nil {
		return nil, db.failure(ctx, "connect to "+strings.Join(hosts, ","), err, 0)
	}
	if len(rows) == 1 && rows[0][0] == "0" {
		db.settings = []ch.Setting{{Key: "readonly", Value: "2", Important: true}}
	}
	return db, nil
}

// parseURL reads the connection's URL. Its errors quote no part of it.
func parseURL(cfg source.Config) ([]string, ch.Options, error) {
	const remedy = "write clickhouse://USER:PASSWORD@HOST:9000/DATABASE, with special characters as %%XX"
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Scheme != "clickhouse" {
		return nil, ch.Options{}, fault.WithRemedy(fault.New(fault.Invalid, "connection %s: the URL can't be parsed", cfg.Name), remedy)
	}
	parsed, err := clickhouse.ParseDSN(cfg.URL)
	if err != nil || len(parsed.Addr) == 0 {
		return nil, ch.Options{}, fault.WithRemedy(fault.New(fault.Invalid, "connection %s: the URL has a wrong setting", cfg.Name), remedy)
	}
	port := "9000"
	if parsed.TLS != nil {
		port = "9440"
	}
	hosts := make([]string, len(parsed.Addr))
	for i, host := range parsed.Addr {
		hosts[i] = withPort(host, port)
	}
	options := ch.Options{
		Database:        parsed.Auth.Database,
		User:            parsed.Auth.Username,
		Password:        parsed.Auth.Password,
		ClientName:      "longshore",
		TLS:             parsed.TLS,
		DialTimeout:     parsed.DialTimeout,
		ReadTimeout:     ch.NoTimeout, // a query takes as long as it takes; the context bounds it
		ProtocolVersion: protocolVersion,
	}
	if parsed.Compression != nil && parsed.Compression.Method == clickhouse.CompressionLZ4 {
		options.Compression = ch.CompressionLZ4
	}
	return hosts, options, nil
}

func withPort(host, port string) string {
	if strings.LastIndexByte(host, ':') > strings.LastIndexByte(host, ']') {
		return host
	}
	return host + ":" + port
}
