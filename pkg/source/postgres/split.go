package postgres

import (
	"context"
	"encoding/json"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// detail is what a split carries to the worker that reads it.
type detail struct {
	// Snapshot is the exported snapshot to read; empty for one of its own.
	Snapshot string `json:"snapshot,omitempty"`
	// SQL stands in for the model's SQL; empty leaves it.
	SQL string `json:"sql,omitempty"`
	// Where cuts the slice out of the result, called q; empty takes all.
	Where string `json:"where,omitempty"`
}

// Split implements source.Database.
func (d *database) Split(ctx context.Context, q source.Query, n int) (*source.Splits, error) {
	action := "split model " + q.Name
	s, err := d.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer d.release(s)
	if _, err := s.run(ctx, begin); err != nil {
		return nil, d.failure(ctx, action, err)
	}
	m, err := d.prepare(ctx, s, q, action)
	if err != nil {
		return nil, err
	}
	plan, err := d.explain(ctx, s, m.sql, action)
	if err != nil {
		return nil, err
	}
	return oneSplit(int64(plan.Rows))
}

// oneSplit reads the whole query as one statement, which sees one state of the
// data by itself.
func oneSplit(rows int64) (*source.Splits, error) {
	content, err := json.Marshal(detail{})
	if err != nil {
		return nil, fault.New(fault.Unknown, "encode the split: %w", err)
	}
	return &source.Splits{Splits: []source.Split{{Detail: content, Rows: rows}}, Consistent: true}, nil
}
