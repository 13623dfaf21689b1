package clickhouse

import (
	"context"
	"time"

	"github.com/longshore/longshore/pkg/schema"
)

// ReplayTable is the table that records what became of quarantined rows that
// were tried again. It is beside them, so that one query tells what is left.
const ReplayTable = "longshore_replays"

// ReplayState is what became of a quarantined row.
type ReplayState string

// The states. A row that isn't in the table was never tried again.
const (
	ReplayFailed ReplayState = "failed" // it doesn't fit now either: see Errors
	ReplayOpen   ReplayState = "open"   // it is being appended
	ReplayDone   ReplayState = "done"   // it is in the table
)

// QuarantinedID names a row of a quarantine.
type QuarantinedID struct {
	Key  string `json:"key"`
	ETag string `json:"etag"`
	Row  int64  `json:"row"` // its number in the file, from 1
}

// ReplayRecord is what became of one quarantined row.
type ReplayRecord struct {
	Datasource string
	QuarantinedID
	State ReplayState
	// Batch is the deduplication token of the block that the row came in with.
	Batch string
	RunID string
	// Columns, Errors and Reasons say why it failed, as the quarantine does, and
	// Fingerprint is equal for rows that failed alike.
	Columns, Errors, Reasons []string
	Fingerprint              string
	UpdatedAt                time.Time // zero means now
}

// version orders the records of a row: by state, then by time. A row that is in
// the table stays so, whatever a late attempt records.
func (r ReplayRecord) version() int64 {
	rank := map[ReplayState]int64{ReplayFailed: 0, ReplayOpen: 1, ReplayDone: 2}[r.State]
	return rank<<61 | r.UpdatedAt.UnixNano()
}

var replayColumns = []Column{
	{Name: "datasource", Type: schema.MustParseType("LowCardinality(String)")},
	{Name: "key", Type: schema.Of(schema.String)},
	{Name: "etag", Type: schema.Of(schema.String)},
	{Name: "row", Type: schema.Of(schema.UInt64)},
	{Name: "state", Type: schema.MustParseType("LowCardinality(String)")},
	{Name: "batch", Type: schema.Of(schema.String)},
	{Name: "run_id", Type: schema.MustParseType("LowCardinality(String)")},
	{Name: "error_column", Type: schema.MustParseType("Array(String)")},
	{Name: "error", Type: schema.MustParseType("Array(String)")},
	{Name: "reason", Type: schema.MustParseType("Array(String)")},
	{Name: "fingerprint", Type: schema.Of(schema.String)},
	{Name: "updated_at", Type: schema.MustParseType("DateTime64(6, 'UTC')")},
	{Name: "version", Type: schema.Of(schema.UInt64)},
}

// EnsureReplayTable makes the table of replays if there is none.
func (c *Client) EnsureReplayTable(ctx context.Context) error {
	return c.EnsureTable(ctx, c.located(Table{
		Name: ReplayTable, Columns: replayColumns, Extend: true,
		Comment: "Which quarantined rows were tried again: the record with the highest version of a datasource, key, etag and row counts",
		Engine:  own("ReplacingMergeTree", c.target.cluster != ""), Version: "version",
		SortingKey: "datasource, key, etag, row",
	}))
}

// RecordReplays records what became of rows. All records become visible at once.
func (c *Client) RecordReplays(ctx context.Context, records []ReplayRecord) error {
	return c.record(ctx, ReplayTable, replayColumns, len(records), func(i int) []any { return records[i].values() })
}

// values are in the order of replayColumns.
func (r ReplayRecord) values() []any {
	if r.UpdatedAt.IsZero() {
		r.UpdatedAt = time.Now()
	}
	return []any{
		r.Datasource, r.Key, r.ETag, r.Row, string(r.State), r.Batch, r.RunID,
		r.Columns, r.Errors, r.Reasons, r.Fingerprint, r.UpdatedAt, r.version(),
	}
}
