package clickhouse

import (
	"strings"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/schema"
)

// Table is what a table is to be.
type Table struct {
	Database string // empty means the connection's
	Name     string
	Columns  []Column
	Comment  string
	Indexes  []Index

	// Engine is the engine's name, by default MergeTree, and may have parameters
	// in parentheses.
	Engine string
	// Version is the column that decides in a ReplacingMergeTree, as the engine's
	// first parameter; empty leaves it out.
	Version      string
	PartitionKey string // SQL expressions, as the others below; empty leaves it out
	SortingKey   string // empty means tuple()
	PrimaryKey   string
	TTL          string
	Settings     []Setting

	// Cluster is where the table is made on all servers; empty means on the
	// connection's, or on this server.
	Cluster string
	// Distributed keeps the rows in a table NAME_local on each shard of the
	// Cluster, behind a Distributed table NAME. The connection's decides.
	Distributed bool
	// ShardingKey decides on which shard a row is kept: an expression that gives a
	// whole number, the same for the same row whenever it is sent. Empty means a
	// hash of the sorting key.
	ShardingKey string
	// KnowsFiles gives the table a FileColumn, where the server lets us fill it.
	KnowsFiles bool
	// Extend lets EnsureTable add columns that an existing table lacks.
	Extend bool
}

// Setting is one table setting.
type Setting = def.Setting

// Index is one data skipping index.
type Index = def.Index

// Column is one column of a Table.
type Column struct {
	Name    string
	Type    schema.Type
	Default string // SQL expression; empty leaves it out
	// Materialized is the SQL expression of a column that SELECT * doesn't show;
	// empty for other columns.
	Materialized string
	Codec        string // what stands between the brackets of CODEC(...); empty leaves it out
}

// TableOf returns the table of a datasource, in the connection's database.
func TableOf(d *def.Datasource) Table {
	t := Table{
		Name: d.Name, Comment: d.Description, Indexes: d.Indexes,
		Engine: d.Engine.Name, Version: d.Engine.Version, PartitionKey: d.Engine.PartitionKey,
		SortingKey: d.Engine.SortingKey, PrimaryKey: d.Engine.PrimaryKey, TTL: d.Engine.TTL, Settings: d.Engine.Settings,
		ShardingKey: d.Engine.ShardingKey,
	}
	for _, c := range d.Columns {
		t.Columns = append(t.Columns, Column{Name: c.Name, Type: c.Type, Default: c.Default, Codec: c.Codec})
	}
	return t
}

// engine returns the name of the engine without parameters.
func (t Table) engine() string {
	name, _, _ := strings.Cut(t.Engine, "(")
	if name = strings.TrimSpace(name); name == "" {
		return "MergeTree"
	}
	return name
}

// located returns t with the connection's database and cluster where it has none.
func (c *Client) located(t Table) Table {
	if t.Database == "" {
		t.Database = c.target.database
	}
	if t.Cluster == "" {
		t.Cluster = c.target.cluster
	}
	t.Distributed = t.Distributed || c.target.distributed
	return t
}

// own returns the engine of a table of ours: replicated where those beside it are.
func own(engine string, replicated bool) string {
	if replicated {
		return "Replicated" + engine
	}
	return engine
}

// replicated reports whether t's engine keeps its data on several servers.
func (t Table) replicated() bool { return strings.HasPrefix(t.engine(), "Replicated") }

// path is the table's name for people.
func (t Table) path() string { return t.Database + "." + t.Name }
