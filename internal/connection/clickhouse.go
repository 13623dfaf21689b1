package connection

import (
	"context"
	"fmt"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// defaultName is what errors call the ClickHouse of no connection.
const defaultName = "LONGSHORE_CLICKHOUSE_URL"

// ClickHouse opens the ClickHouse of a connection to write into; nil is the
// default one.
func (o *Opener) ClickHouse(_ context.Context, c *def.Connection) (*clickhouse.Client, error) {
	cfg := clickhouse.Config{Name: defaultName, URL: def.NewSecret(o.clickhouse)}
	if c == nil && o.clickhouse == "" {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "no ClickHouse to ingest into"),
			"set clickhouse in longshore.yaml, TARGET_CONNECTION_NAME in the datasource, or LONGSHORE_CLICKHOUSE_URL")
	}
	if c != nil {
		if err := want(c, def.ClickHouse); err != nil {
			return nil, err
		}
		address, err := c.SQL.ResolveURL(c.Type, o.secrets.Lookup)
		if err != nil {
			return nil, fault.New(fault.KindOf(err), "connection %s: %w", c.Name, err)
		}
		v, err := o.values(c, c.SQL.CACert)
		if err != nil {
			return nil, err
		}
		cfg = clickhouse.Config{Name: c.Name, URL: address, TLS: c.SQL.TLS, CACert: v[0],
			Cluster: c.SQL.Cluster, Distributed: c.SQL.Distributed, InsertQuorum: c.SQL.InsertQuorum}
	}
	return shared(o, "clickhouse "+cfg.Name+" "+cfg.URL.Reveal()+" "+cfg.TLS+" "+cfg.CACert+fmt.Sprint(" ", cfg.Cluster, cfg.Distributed, cfg.InsertQuorum), func() (*clickhouse.Client, error) {
		return clickhouse.Open(cfg)
	})
}
