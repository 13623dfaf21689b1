package clickhouse

import (
	"context"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// database is an open connection of a project. Each query has a server
// connection of its own: the protocol allows one at a time.
type database struct {
	name      string
	hosts     []string // tried in order
	options   ch.Options
	settings  []ch.Setting // of every query
	batchRows int
}

var _ source.Database = (*database)(nil)

// dialTimeout bounds the attempt at one host, unless the URL says otherwise.
const dialTimeout = 10 * time.Second

func (d *database) dial(ctx context.Context) (*ch.Client, error) {
	var last error
	for _, host := range d.hosts {
		options := d.options
		options.Address = host
		if options.DialTimeout <= 0 {
			options.DialTimeout = dialTimeout
		}
		c, err := ch.Dial(ctx, options)
		if err == nil {
			if err = checkVersion(c); err == nil {
				return c, nil
			}
			c.Close()
		}
		last = err
	}
	return nil, d.failure(ctx, "connect to "+strings.Join(d.hosts, ","), last, 0)
}

// oldestProtocol is the first whose queries carry their settings as text, the
// only form that we write.
const oldestProtocol = 54429

func checkVersion(c *ch.Client) error {
	server := c.ServerInfo()
	if server.Revision >= oldestProtocol {
		return nil
	}
	return fault.WithRemedy(
		fault.New(fault.Invalid, "the server is ClickHouse %d.%d, which is too old", server.Major, server.Minor),
		"use version 20.3 or newer")
}

// Close implements source.Database.
func (d *database) Close() error { return nil }

// Describe implements source.Database.
func (d *database) Describe(ctx context.Context, q source.Query) (*arrow.Schema, error) {
	c, err := d.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	m, err := d.describe(ctx, c, q, "describe model "+q.Name)
	if err != nil {
		return nil, err
	}
	return m.schema, nil
}

// model is a query whose columns are known.
type model struct {
	statement
	names  []string
	types  []string
	shapes []shape
	schema *arrow.Schema
}

// describeLines is how many lines of ours stand before the model's first.
const describeLines = 1

func (d *database) describe(ctx context.Context, c *ch.Client, q source.Query, action string) (*model, error) {
	parsed, err := parse(q.SQL)
	if err != nil {
		return nil, d.failure(ctx, action, err, 0)
	}
	rows, err := collect(ctx, c, "DESCRIBE (\n"+parsed.sql+"\n)", d.settings)
	if err != nil {
		return nil, d.failure(ctx, action, err, describeLines)
	}
	m := &model{statement: parsed}
	seen := map[string]bool{}
	fields := make([]arrow.Field, len(rows))
	for i, r := range rows {
		name, typeName := r[0], r[1]
		if seen[name] {
			return nil, d.failure(ctx, action, fault.WithRemedy(
				fault.New(fault.Invalid, "the result has two columns named %q", name), "name one of them with AS"), 0)
		}
		seen[name] = true
		s := shapeOf(parseType(typeName))
		if strings.Contains(typeName, "AggregateFunction(") && s.cast != "" {
			return nil, d.failure(ctx, action, fault.WithRemedy(
				fault.New(fault.Invalid, "the column %q is the state of an aggregate function", name),
				"select finalizeAggregation(%s)", quoteName(name)), 0)
		}
		m.names, m.types, m.shapes = append(m.names, name), append(m.types, typeName), append(m.shapes, s)
		fields[i] = s.field(name)
	}
	m.schema = arrow.NewSchema(fields, nil)
	return m, nil
}

// selectStatement reads one slice of the model. A query that needs neither
// casts nor a range runs as it stands, so that its order stays.
func (m *model) selectStatement(keys *keyRange) string {
	columns, casts := make([]string, len(m.names)), false
	for i, name := range m.names {
		columns[i] = "q." + quoteName(name)
		if cast := m.shapes[i].cast; cast != "" {
			columns[i], casts = cast+"("+columns[i]+") AS "+quoteName(name), true
		}
	}
	if !casts && keys == nil {
		return m.sql
	}
	query := "SELECT " + strings.Join(columns, ", ") + " FROM (\n" + m.sql + "\n) AS q"
	if keys != nil {
		query += " WHERE " + keys.condition()
	}
	return query
}

// collect runs a small query and returns its values as text.
func collect(ctx context.Context, c *ch.Client, sql string, settings []ch.Setting) (rows [][]string, err error) {
	result := &blockResult{}
	err = c.Do(ctx, ch.Query{Body: sql, Settings: settings, Result: result, OnResult: func(context.Context, proto.Block) error {
		columns := result.take()
		if len(columns) == 0 {
			return nil
		}
		for i := range columns[0].Len() {
			row := make([]string, len(columns))
			for j, column := range columns {
				row[j] = column.ValueStr(i)
			}
			rows = append(rows, row)
		}
		return nil
	}})
	return rows, err
}
