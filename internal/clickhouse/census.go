package clickhouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Census is how many rows of which file there are, in a table and beside it. The
// tables themselves are counted, not what is recorded of them.
type Census struct {
	// Rows is the table's rows by their FileID; 0 is of rows that know no file.
	Rows map[uint64]int64
	// Quarantined is the quarantine's rows.
	Quarantined map[FileVersion]int64
	// Replayed is the quarantined rows that were brought into the table, and Open
	// those of a batch that is not known to be in it.
	Replayed, Open map[FileVersion]int64
}

// Count counts the rows of a datasource by file. Its memory grows with the
// number of files, not of rows.
func (c *Client) Count(ctx context.Context, datasource string) (Census, error) {
	n := Census{Rows: map[uint64]int64{}, Quarantined: map[FileVersion]int64{}, Replayed: map[FileVersion]int64{}, Open: map[FileVersion]int64{}}
	knows, err := c.KnowsFiles(ctx, datasource)
	if err != nil {
		return n, err
	}
	id := "toUInt64(0)"
	if knows {
		id = FileColumn
	}
	what := "count the rows of " + datasource
	err = c.Query(ctx, what, fmt.Sprintf("SELECT %s AS file, toInt64(count()) FROM %s GROUP BY file", id, Path(c.target.database, datasource)), func(scan func(...any) error) error {
		var file uint64
		var rows int64
		err := scan(&file, &rows)
		n.Rows[file] = rows
		return err
	})
	if err != nil {
		return n, err
	}
	byVersion := func(into map[FileVersion]int64) func(scan func(...any) error) error {
		return func(scan func(...any) error) error {
			var v FileVersion
			var rows int64
			err := scan(&v.Key, &v.ETag, &rows)
			into[v] = rows
			return err
		}
	}
	err = c.Query(ctx, what, "SELECT c__file, c__etag, toInt64(count()) FROM "+Path(c.target.database, QuarantineName(datasource))+" GROUP BY c__file, c__etag", byVersion(n.Quarantined))
	for state, into := range map[ReplayState]map[FileVersion]int64{ReplayDone: n.Replayed, ReplayOpen: n.Open} {
		if err == nil {
			err = c.Query(ctx, what, "SELECT key, etag, toInt64(count()) FROM "+Path(c.target.database, ReplayTable)+
				" FINAL WHERE datasource = {datasource:String} AND state = {state:String} GROUP BY key, etag", byVersion(into),
				clickhouse.Named("datasource", datasource), clickhouse.Named("state", string(state)))
		}
	}
	return n, err
}

// Keeps says why a table may have fewer rows than were appended to it.
type Keeps struct {
	Engine string // with what is before MergeTree, where it merges rows; else empty
	TTL    bool   // rows expire
}

// Forgets reports whether it may.
func (k Keeps) Forgets() bool { return k.Engine != "" || k.TTL }

// Keeps returns what becomes of rows in a table.
func (c *Client) Keeps(ctx context.Context, table string) (k Keeps, err error) {
	err = c.Query(ctx, "describe "+table, "SELECT engine, position(engine_full, ' TTL ') > 0 FROM system.tables WHERE database = {database:String} AND name IN ({table:String}, {local:String}) AND engine != {front:String}",
		func(scan func(...any) error) error {
			err := scan(&k.Engine, &k.TTL)
			if kind := strings.TrimSuffix(unreplicated(k.Engine), "MergeTree"); kind == "" || kind == k.Engine {
				k.Engine = ""
			}
			return err
		}, clickhouse.Named("database", c.target.database), clickhouse.Named("table", table), clickhouse.Named("local", table+localSuffix), clickhouse.Named("front", distributed))
	return k, err
}

// RemoveIDs removes the rows that have FileIDs, and returns when they are gone.
func (c *Client) RemoveIDs(ctx context.Context, table string, ids []uint64) error {
	for len(ids) > 0 {
		page := ids[:min(len(ids), removedAtOnce)]
		ids = ids[len(page):]
		texts := make([]string, len(page))
		for i, id := range page {
			texts[i] = fmt.Sprint(id)
		}
		if err := c.remove(ctx, table, FileColumn, FileColumn+" IN ("+strings.Join(texts, ", ")+")"); err != nil {
			return err
		}
	}
	return nil
}
