package connection

import (
	"context"
	"net/url"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
	sources "github.com/longshore/longshore/pkg/source/all"
)

// Source opens the database of a connection.
func (o *Opener) Source(ctx context.Context, c *def.Connection) (source.Database, error) {
	if err := want(c, def.Postgres, def.MySQL, def.ClickHouse); err != nil {
		return nil, err
	}
	driver, err := sources.ByName(string(c.Type))
	if err != nil {
		return nil, fault.New(fault.Invalid, "connection %s: %w", c.Name, err)
	}
	address, err := o.url(c)
	if err != nil {
		return nil, err
	}
	return shared(o, "source "+c.Name+" "+address, func() (source.Database, error) {
		return driver.Open(ctx, source.Config{Name: c.Name, URL: address})
	})
}

// url returns the address of a SQL connection with its secrets, and with TLS as
// the driver spells it.
func (o *Opener) url(c *def.Connection) (string, error) {
	secret, err := c.SQL.ResolveURL(c.Type, o.secrets.Lookup)
	if err != nil {
		return "", fault.New(fault.KindOf(err), "connection %s: %w", c.Name, err)
	}
	u, err := url.Parse(secret.Reveal())
	if err != nil {
		return "", fault.New(fault.Invalid, "connection %s: its address is not a URL", c.Name) // err would quote it
	}
	if c.SQL.TLS == "" {
		return u.String(), nil
	}
	query := u.Query()
	switch c.Type {
	case def.Postgres:
		query.Set("sslmode", map[string]string{"disable": "disable", "require": "require", "verify": "verify-full"}[c.SQL.TLS])
	case def.MySQL:
		query.Set("tls", map[string]string{"disable": "false", "require": "skip-verify", "verify": "true"}[c.SQL.TLS])
	case def.ClickHouse:
		query.Set("secure", map[string]string{"disable": "false", "require": "true", "verify": "true"}[c.SQL.TLS])
		if c.SQL.TLS == "require" {
			query.Set("skip_verify", "true")
		}
	case def.S3: // has no URL
	}
	u.RawQuery = query.Encode()
	return u.String(), nil
}
