package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"

	"github.com/longshore/longshore/pkg/fault"
)

// QuarantineGroup is quarantined rows that failed alike.
type QuarantineGroup struct {
	Fingerprint string
	Rows        int64
	Files       int64
	Columns     []string // that were refused; "" is the row as a whole
	Reasons     []string // one for each
	First, Last time.Time
	// Example is one of the rows.
	Example QuarantineRow
}

// QuarantineRow is one quarantined row that isn't in its table yet.
type QuarantineRow struct {
	QuarantinedID
	Line, Offset int64 // -1 in binary formats
	RowGroup     int   // -1 in text formats
	Raw          []byte
	Columns      []string
	Reasons      []string
	Errors       []string
	Fingerprint  string
	RunID        string // that quarantined it
	At           time.Time
	// Replay is the run that tried the row again last; Columns, Reasons, Errors and
	// Fingerprint are then of that time. Empty: none did.
	Replay string
	// Format, Fields and Delimiter say how the file's rows are read.
	Format, Fields, Delimiter string
}

// QuarantineFilter chooses quarantined rows.
type QuarantineFilter struct {
	Fingerprint string        // empty means all
	TriedBy     string        // with Fingerprint: also what this run tried, whatever it fails for now
	Key         string        // of the file; empty means all
	After       QuarantinedID // only what comes after it, by key, ETag and row
	Limit       int           // zero means 1000
	// MaxBytes ends a page behind the row with which the raw texts take so many
	// bytes. Zero is no bound.
	MaxBytes int
	// Settled leaves out the rows of files that aren't ingested to their end.
	Settled bool
}

// waiting is a subquery of the rows of a quarantine that aren't in the table: not
// those that were replayed, nor those of file versions that others replaced. An
// error of a later try stands for the first.
func (c *Client) waiting(datasource string, settled bool) string {
	files := "NOT IN (SELECT key, etag FROM %[3]s FINAL WHERE datasource = {datasource:String} AND range = 0 AND state = 'replaced')"
	if settled {
		files = "IN (SELECT key, etag FROM %[3]s FINAL WHERE datasource = {datasource:String} AND range = 0 AND state IN ('done', 'failed'))"
	}
	return fmt.Sprintf(`SELECT c__file AS key, c__etag AS etag, c__row AS row, c__line, c__offset, c__row_group, c__raw, c__import_id, insertion_date,
			c__format, c__fields, c__delimiter, toString(r.run_id) AS replay, r.state = 'failed' AS again,
			if(again, r.error_column, c__error_column) AS columns, if(again, r.error, c__error) AS errors,
			if(again, r.reason, c__reason) AS reasons, if(again, r.fingerprint, c__fingerprint) AS print
		FROM %[1]s AS q LEFT ANY JOIN (
			SELECT key AS rkey, etag AS retag, row AS rrow, run_id, toString(state) AS state, error_column, error, reason, fingerprint
			FROM %[2]s FINAL WHERE datasource = {datasource:String}) AS r
		ON c__file = rkey AND c__etag = retag AND c__row = rrow
		WHERE r.state IN ('', 'failed') AND (c__file, c__etag) `+files,
		Path(c.target.database, QuarantineName(datasource)), Path(c.target.database, ReplayTable), Path(c.target.database, FileTable))
}

// joins lets tables that are distributed over shards be joined: each shard gets
// all of the smaller side.
const joins = " SETTINGS distributed_product_mode = 'global'"

// quarantineRow is what a QuarantineRow is scanned from.
var quarantineRow = []string{
	"key", "etag", "row", "ifNull(toInt64(c__line), -1)", "ifNull(toInt64(c__offset), -1)", "ifNull(toInt64(c__row_group), -1)",
	"c__raw", "columns", "reasons", "errors", "print", "c__import_id", "insertion_date", "replay",
	"toString(c__format)", "toString(c__fields)", "toString(c__delimiter)",
}

// scanInto returns the destinations of quarantineRow, and what completes the row
// when they are filled.
func (r *QuarantineRow) scanInto() (into []any, complete func()) {
	var row uint64
	var group int64
	into = []any{
		&r.Key, &r.ETag, &row, &r.Line, &r.Offset, &group, &r.Raw, &r.Columns, &r.Reasons, &r.Errors, &r.Fingerprint,
		&r.RunID, &r.At, &r.Replay, &r.Format, &r.Fields, &r.Delimiter,
	}
	return into, func() { r.Row, r.RowGroup, r.At = int64(row), int(group), r.At.UTC() }
}

// QuarantineGroups returns what is in a datasource's quarantine and not in its
// table, by fingerprint, the largest group first. A quarantine that was never
// made is empty. The tables of files and replays must exist.
func (c *Client) QuarantineGroups(ctx context.Context, datasource string) ([]QuarantineGroup, error) {
	examples := make([]string, len(quarantineRow))
	for i, column := range quarantineRow {
		examples[i] = "argMin(" + column + ", (key, etag, row))"
	}
	var groups []QuarantineGroup
	err := c.Query(ctx, "sum up the quarantine of "+datasource, "SELECT uniqExact(key, etag, row) AS n, uniqExact(key, etag), min(insertion_date), max(insertion_date), "+
		strings.Join(examples, ", ")+" FROM ("+c.waiting(datasource, false)+") GROUP BY print ORDER BY n DESC, print"+joins, func(scan func(...any) error) error {
		var g QuarantineGroup
		var rows, files uint64
		into, complete := g.Example.scanInto()
		if err := scan(append([]any{&rows, &files, &g.First, &g.Last}, into...)...); err != nil {
			return err
		}
		complete()
		g.Rows, g.Files, g.First, g.Last = int64(rows), int64(files), g.First.UTC(), g.Last.UTC()
		g.Fingerprint, g.Columns, g.Reasons = g.Example.Fingerprint, g.Example.Columns, g.Example.Reasons
		groups = append(groups, g)
		return nil
	}, clickhouse.Named("datasource", datasource))
	return groups, ignoreUnknown(err)
}

// errFull ends a page of rows early.
var errFull = errors.New("the page is full")

// QuarantineRows returns quarantined rows that aren't in the table, by key, ETag
// and row.
func (c *Client) QuarantineRows(ctx context.Context, datasource string, f QuarantineFilter) ([]QuarantineRow, error) {
	if f.Limit <= 0 {
		f.Limit = 1000
	}
	var rows []QuarantineRow
	size := 0
	err := c.Query(ctx, "read the quarantine of "+datasource, "SELECT "+strings.Join(quarantineRow, ", ")+" FROM ("+c.waiting(datasource, f.Settled)+`
		AND (c__file, c__etag, c__row) > ({key:String}, {etag:String}, {row:UInt64}) AND ({file:String} = '' OR c__file = {file:String})
		) WHERE {print:String} = '' OR print = {print:String} OR again AND replay = {tried:String} ORDER BY key, etag, row LIMIT 1 BY key, etag, row LIMIT {limit:UInt64}`+joins, func(scan func(...any) error) error {
		if f.MaxBytes > 0 && size >= f.MaxBytes {
			return errFull
		}
		var r QuarantineRow
		into, complete := r.scanInto()
		if err := scan(into...); err != nil {
			return err
		}
		complete()
		rows = append(rows, r)
		size += len(r.Raw)
		return nil
	}, clickhouse.Named("datasource", datasource), clickhouse.Named("key", f.After.Key), clickhouse.Named("etag", f.After.ETag),
		clickhouse.Named("row", fmt.Sprint(f.After.Row)), clickhouse.Named("file", f.Key), clickhouse.Named("print", f.Fingerprint), clickhouse.Named("tried", f.TriedBy),
		clickhouse.Named("limit", fmt.Sprint(f.Limit)))
	if errors.Is(err, errFull) {
		err = nil
	}
	return rows, ignoreUnknown(err)
}

// RowsByID returns the given rows of a quarantine, whatever became of them, by
// key, ETag and row.
func (c *Client) RowsByID(ctx context.Context, datasource string, ids []QuarantinedID) ([]QuarantineRow, error) {
	wanted, err := ext.NewTable("wanted", ext.Column("key", "String"), ext.Column("etag", "String"), ext.Column("row", "UInt64"))
	for i := 0; i < len(ids) && err == nil; i++ {
		err = wanted.Append(ids[i].Key, ids[i].ETag, uint64(ids[i].Row))
	}
	if err != nil {
		return nil, fault.New(fault.Unknown, "look up quarantined rows: %w", err)
	}
	var rows []QuarantineRow
	err = c.Query(clickhouse.Context(ctx, clickhouse.WithExternalTable(wanted)), "read the quarantine of "+datasource,
		"SELECT c__file, c__etag, c__row, c__raw, toString(c__format), toString(c__fields), toString(c__delimiter) FROM "+
			Path(c.target.database, QuarantineName(datasource))+` WHERE (c__file, c__etag, c__row) IN (SELECT key, etag, row FROM wanted)
		ORDER BY c__file, c__etag, c__row LIMIT 1 BY c__file, c__etag, c__row`, func(scan func(...any) error) error {
			var r QuarantineRow
			var row uint64
			err := scan(&r.Key, &r.ETag, &row, &r.Raw, &r.Format, &r.Fields, &r.Delimiter)
			r.Row = int64(row)
			rows = append(rows, r)
			return err
		})
	return rows, err
}

// ReplayedBy returns how many rows a run brought into a datasource's table, and
// from how many files.
func (c *Client) ReplayedBy(ctx context.Context, datasource, run string) (rows, files int64, err error) {
	err = c.Query(ctx, "count replays of "+datasource, "SELECT toInt64(count()), toInt64(uniqExact(key, etag)) FROM "+Path(c.target.database, ReplayTable)+
		" FINAL WHERE datasource = {datasource:String} AND run_id = {run:String} AND state = 'done'", func(scan func(...any) error) error {
		return scan(&rows, &files)
	}, clickhouse.Named("datasource", datasource), clickhouse.Named("run", run))
	return rows, files, err
}

// ignoreUnknown takes the lack of a table for its being empty.
func ignoreUnknown(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
