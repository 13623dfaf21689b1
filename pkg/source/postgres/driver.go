package postgres

import (
	"context"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// Driver opens PostgreSQL databases.
type Driver struct{}

var _ source.Driver = Driver{}

// Traits implements source.Driver.
func (Driver) Traits() source.Traits {
	return source.Traits{Name: "postgres", Schemes: []string{"postgres", "postgresql"}, Snapshots: true}
}

// Open implements source.Driver. The URL is libpq's: several hosts, sslmode and
// its certificates, target_session_attrs, and any setting of the server.
func (Driver) Open(ctx context.Context, cfg source.Config) (source.Database, error) {
	settings, err := parseURL(cfg)
	if err != nil {
		return nil, err
	}
	db := &database{name: cfg.Name, settings: settings, batchRows: cfg.BatchRows, types: newTypeCache()}
	if db.batchRows <= 0 {
		db.batchRows = batch.DefaultRows
	}
	s, err := db.acquire(ctx)
	if err != nil {
		return nil, err
	}
	db.release(s)
	return db, nil
}

// parseURL reads the connection's URL. Its errors quote no part of it: what
// can't be parsed can't be redacted either.
func parseURL(cfg source.Config) (*pgconn.Config, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "connection %s: the URL can't be parsed", cfg.Name),
			"write postgres://USER:PASSWORD@HOST:5432/DATABASE, with special characters as %%XX")
	}
	settings, err := pgconn.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "connection %s: the URL has a wrong setting", cfg.Name),
			"check the port, sslmode and the certificate files; it accepts what libpq accepts")
	}
	wanted := settings.RuntimeParams
	if wanted["application_name"] == "" {
		wanted["application_name"] = "longshore"
	}
	wanted["client_encoding"] = "UTF8"
	for name, value := range guards {
		wanted[name] = value
	}
	return settings, nil
}

// guards are settings of our sessions. A pooler may refuse them; then the
// transactions' own settings (see begin) do the same alone.
var guards = map[string]string{
	"default_transaction_read_only":       "on",
	"statement_timeout":                   "0", // an export takes as long as it takes
	"idle_in_transaction_session_timeout": "0", // a snapshot is held by an idle transaction
}

// withoutGuards is the configuration for poolers that refuse our settings.
func withoutGuards(settings *pgconn.Config) *pgconn.Config {
	settings = settings.Copy()
	for name := range guards {
		delete(settings.RuntimeParams, name)
	}
	return settings
}

// address is where the server is, for errors.
func address(settings *pgconn.Config) string {
	hosts := []string{hostPort(settings.Host, settings.Port)}
	for _, f := range settings.Fallbacks {
		if host := hostPort(f.Host, f.Port); host != hosts[len(hosts)-1] {
			hosts = append(hosts, host)
		}
	}
	return strings.Join(hosts, ",")
}
