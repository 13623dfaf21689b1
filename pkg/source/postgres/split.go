package postgres

import (
	"context"
	"encoding/json"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// splitRows is how many rows a split should have at least: below that a second
// connection costs more than it saves.
const splitRows = 100_000

// detail is what a split carries to the worker that reads it. The zero detail
// is the whole query in a snapshot of its own.
type detail struct {
	// Snapshot is the exported snapshot to read.
	Snapshot string `json:"snapshot,omitempty"`
	// Blocks cuts the table that the query reads; see singleTable.
	Blocks *blockRange `json:"blocks,omitempty"`
	// Keys cuts the query's result.
	Keys *keyRange `json:"keys,omitempty"`
}

// Split implements source.Database. A named partition column is cut into key
// ranges; otherwise a query of one table is cut into ranges of its blocks, and
// any other query isn't cut. The result is held when it has several splits.
func (d *database) Split(ctx context.Context, q source.Query, n int) (*source.Splits, error) {
	action := "split model " + q.Name
	s, err := d.acquire(ctx)
	if err != nil {
		return nil, err
	}
	cuts, rows, err := d.cut(ctx, s, q, n, action)
	if err != nil || len(cuts) < 2 {
		d.release(s)
		if err != nil {
			return nil, err
		}
		return whole(q, rows)
	}
	snapshot, err := d.export(ctx, s, action)
	if err != nil {
		d.release(s)
		return nil, err
	}
	for i := range cuts {
		cuts[i].Snapshot = snapshot
	}
	splits, err := encodeSplits(cuts, rows)
	if err != nil {
		d.release(s)
		return nil, err
	}
	splits.Held, splits.Release = true, hold(d, s)
	return splits, nil
}

// cut decides how to cut the query; fewer than two cuts leave it whole. The
// session is left in the transaction whose snapshot the cuts were chosen in.
func (d *database) cut(ctx context.Context, s *session, q source.Query, n int, action string) ([]detail, int64, error) {
	if _, err := s.run(ctx, begin); err != nil {
		return nil, 0, d.failure(ctx, action, err)
	}
	m, err := d.prepare(ctx, s, q, action)
	if err != nil {
		return nil, 0, err
	}
	key := -1
	if q.PartitionColumn != "" {
		if key, err = m.column(q.PartitionColumn); err != nil {
			return nil, 0, d.failure(ctx, action, err)
		}
	}
	plan, err := d.explain(ctx, s, m.sql, action)
	if err != nil {
		return nil, 0, err
	}
	rows := int64(plan.Rows)
	n = q.Ranges(n, rows, splitRows)
	switch {
	case n < 2 || m.limited || m.ordered && key < 0:
		return nil, rows, nil
	case key >= 0:
		cuts, err := d.cutKeys(ctx, s, m, key, n, rows)
		return cuts, rows, d.failure(ctx, action, err)
	}
	cuts, err := d.cutBlocks(ctx, s, m, plan, n)
	return cuts, rows, d.failure(ctx, action, err)
}

// whole is the query in one split.
func whole(q source.Query, rows int64) (*source.Splits, error) {
	statement, err := parse(q.SQL)
	if err != nil {
		return nil, err
	}
	out, err := encodeSplits([]detail{{}}, rows)
	if err == nil {
		out.Ordered = statement.ordered
	}
	return out, err
}

// encodeSplits shares the estimated rows out among the splits. Whether they are
// one statement or share a snapshot: they see one state of the data.
func encodeSplits(cuts []detail, rows int64) (*source.Splits, error) {
	out := &source.Splits{Consistent: true}
	for _, c := range cuts {
		content, err := json.Marshal(c)
		if err != nil {
			return nil, fault.New(fault.Unknown, "encode the split: %w", err)
		}
		out.Splits = append(out.Splits, source.Split{Detail: content, Rows: rows / int64(len(cuts))})
	}
	return out, nil
}
