package clickhouse

import (
	"context"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/schema"
)

// Existing is a table as the server has it.
type Existing struct {
	Columns      []ExistingColumn
	Engine       string // with Replicated or Shared before it where it is
	PartitionKey string
	SortingKey   string
	PrimaryKey   string
	// DeduplicationWindow is how many blocks the table remembers, from its own
	// settings; -1 when they leave it to the server.
	DeduplicationWindow int
	Rows                uint64
}

// ExistingColumn is one column of an Existing table.
type ExistingColumn struct {
	Name        string
	TypeText    string      // as the server spells it
	Type        schema.Type // zero for types that nothing is imported into
	DefaultKind string      // DEFAULT, MATERIALIZED, ALIAS, EPHEMERAL or nothing
	Default     string      // SQL expression
}

// Describe returns a table. The error is NotFound when there is none. An empty
// database means the connection's.
func (c *Client) Describe(ctx context.Context, database, table string) (*Existing, error) {
	if database == "" {
		database = c.target.database
	}
	what := "describe " + database + "." + table
	args := []any{clickhouse.Named("database", database), clickhouse.Named("table", table)}
	var e *Existing
	err := c.Query(ctx, what, `SELECT engine, engine_full, partition_key, sorting_key, primary_key, ifNull(total_rows, 0)
		FROM system.tables WHERE database = {database:String} AND name = {table:String}`, func(scan func(...any) error) error {
		e = new(Existing)
		var full string
		err := scan(&e.Engine, &full, &e.PartitionKey, &e.SortingKey, &e.PrimaryKey, &e.Rows)
		e.DeduplicationWindow = window(e.Engine, full)
		return err
	}, args...)
	if err != nil {
		return nil, err
	}
	if e == nil {
		return nil, fault.WithRemedy(fault.New(fault.NotFound, "connection %s: %s: there is no such table", c.target.name, what),
			"push the datasource to create its tables")
	}
	return e, c.Query(ctx, what, `SELECT name, type, default_kind, default_expression
		FROM system.columns WHERE database = {database:String} AND table = {table:String} ORDER BY position`, func(scan func(...any) error) error {
		var col ExistingColumn
		if err := scan(&col.Name, &col.TypeText, &col.DefaultKind, &col.Default); err != nil {
			return err
		}
		col.Type, _ = schema.ParseType(col.TypeText)
		e.Columns = append(e.Columns, col)
		return nil
	}, args...)
}

// Column returns a column by name, or nil.
func (e *Existing) Column(name string) *ExistingColumn {
	for i := range e.Columns {
		if e.Columns[i].Name == name {
			return &e.Columns[i]
		}
	}
	return nil
}

// window reads the deduplication window from an engine's full text.
func window(engine, full string) int {
	setting := "non_replicated_deduplication_window"
	if strings.HasPrefix(engine, "Replicated") || strings.HasPrefix(engine, "Shared") {
		setting = "replicated_deduplication_window"
	}
	for field := range strings.SplitSeq(full, ",") {
		name, value, found := strings.Cut(field, "=")
		words := strings.Fields(name)
		if !found || len(words) == 0 || words[len(words)-1] != setting {
			continue
		}
		if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
			return n
		}
	}
	return -1
}

// Load is how busy a table is, for those who slow down in time.
type Load struct {
	// Parts is how many active parts the partition with the most has. From
	// parts_to_delay_insert on, 1000 by default, the server slows appends down,
	// and from parts_to_throw_insert, 3000, it refuses them.
	Parts uint64
	// Merges is how many merges of the table are under way.
	Merges uint64
}

// Load returns how busy a table is, where it is distributed on the server that
// has most to do. An empty database means the connection's.
func (c *Client) Load(ctx context.Context, database, table string) (Load, error) {
	t := c.located(Table{Database: database, Name: table})
	var l Load
	err := c.Query(ctx, "read the load of "+t.path(), `SELECT
		(SELECT max(parts) FROM (SELECT count() AS parts FROM `+t.everywhere("system.parts")+`
			WHERE active AND database = {database:String} AND table = {table:String} GROUP BY hostName(), partition_id)),
		(SELECT count() FROM `+t.everywhere("system.merges")+` WHERE database = {database:String} AND table = {table:String})`, func(scan func(...any) error) error {
		return scan(&l.Parts, &l.Merges)
	}, clickhouse.Named("database", t.Database), clickhouse.Named("table", t.made()[0].Name))
	return l, err
}
