package clickhouse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"

	"github.com/longshore/longshore/pkg/block"
)

// Insert is rows to append to a table.
type Insert struct {
	// Database is the table's. Empty means the connection's.
	Database string
	// Table is the table's name.
	Table string
	// Block is the rows. Its columns are those of the table with these names;
	// others get their DEFAULT. It stays the caller's.
	Block *block.Block
	// Token makes the server store these rows once among all appends with the
	// same token, and with the same rows: an INSERT that was repeated. Without a
	// token nothing is recognized as repeated.
	Token string
	// File is the id of the file version that the rows came from, for the
	// FileColumn, which the table must have. Zero leaves the column out.
	File uint64
	// Files is the same row by row, for rows of several files. Empty means File.
	Files []uint64
	// Settings are added to the INSERT's, by name.
	Settings map[string]string
}

// Append appends a block with one INSERT and returns when the server has stored
// it. It waits while as many appends are under way as the configuration allows.
// A block without rows is nothing. When it fails, the block may have been stored:
// append it again with the same Token.
func (c *Client) Append(ctx context.Context, in Insert) error {
	if in.Block.Rows() == 0 {
		return nil
	}
	if in.Database == "" {
		in.Database = c.target.database
	}
	if err := c.append(ctx, in); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err() // and not that we closed the connection for it
		}
		return c.target.fault(appending(in), err)
	}
	return nil
}

// appending is what an INSERT does, for errors.
func appending(in Insert) action {
	return action{"append to " + in.Database + "." + in.Table, "INSERT ON " + Path(in.Database, in.Table)}
}

func (c *Client) append(ctx context.Context, in Insert) error {
	s, err := c.pool.get(ctx)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { s.conn.Close() })
	err = s.client.Do(ctx, in.query(c.target.durability()))
	c.pool.put(s, stop() && err == nil)
	return err
}

// sentRows is the temporary table of blocks that come as one.
const sentRows = "_longshore_rows"

// query sends the block as the INSERT's data. A null that stands for a DEFAULT
// has no place there: such a block comes as a temporary table, from which the
// server selects it, replacing nulls.
func (in Insert) query(more map[string]string) ch.Query {
	columns, defaulted := in.columns()
	names := make([]string, len(columns))
	for i, col := range columns {
		names[i] = col.Name
	}
	into := fmt.Sprintf("INSERT INTO %s (%s)", Path(in.Database, in.Table), Names(names...))
	q := ch.Query{Settings: in.settings(more)}
	if !defaulted {
		q.Body, q.Input = into+" VALUES", columns
		return q
	}
	q.Body = fmt.Sprintf("%s SELECT %s FROM %s", into, Names(names...), Name(sentRows))
	q.ExternalTable, q.ExternalData = sentRows, columns
	return q
}

// columns returns the columns that are sent, with the FileColumn, and whether some
// have nulls that stand for a DEFAULT.
func (in Insert) columns() (columns proto.Input, defaulted bool) {
	columns, defaulted = input(in.Block)
	if files := in.files(); files != nil {
		columns = append(columns, proto.InputColumn{Name: FileColumn, Data: files})
	}
	return columns, defaulted
}

// settings make one block one part per partition, stored once. Those that a
// server doesn't know it ignores, but for the caller's. More are added, the later
// over the earlier.
func (in Insert) settings(more ...map[string]string) []ch.Setting {
	ours := map[string]string{
		"async_insert":                    "0",
		"insert_null_as_default":          "1",
		"max_insert_threads":              "1",
		"max_partitions_per_insert_block": "0", // files may hold years
		"max_threads":                     "1",
		"min_insert_block_size_bytes":     "0",
		"min_insert_block_size_rows":      "0",
	}
	if in.File != 0 || len(in.Files) > 0 {
		ours[fillsMaterialized] = "1"
	}
	for _, some := range append(more, deduplication(in.Token)) {
		maps.Copy(ours, some)
	}
	maps.DeleteFunc(ours, func(name, _ string) bool { _, given := in.Settings[name]; return given })
	var out []ch.Setting
	for name, value := range ours {
		out = append(out, ch.Setting{Key: name, Value: value})
	}
	for name, value := range in.Settings {
		out = append(out, ch.Setting{Key: name, Value: value, Important: true})
	}
	slices.SortFunc(out, func(a, b ch.Setting) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// deduplication says it as each generation of servers understands it. Without a
// token they would take equal blocks for one that was repeated.
func deduplication(token string) map[string]string {
	if token == "" {
		return map[string]string{
			"insert_deduplicate": "0", "deduplicate_insert": "disable",
			"insert_select_deduplicate": "0", "deduplicate_insert_select": "disable",
		}
	}
	return map[string]string{
		"insert_deduplication_token": token,
		"insert_deduplicate":         "1", "deduplicate_insert": "enable",
		// A SELECT from one block in one thread is stable; servers only trust ORDER BY.
		"insert_select_deduplicate": "1", "deduplicate_insert_select": "enable_even_for_bad_queries",
		"deduplicate_blocks_in_dependent_materialized_views": "1",
	}
}
