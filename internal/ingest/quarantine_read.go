package ingest

import (
	"context"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
)

// QuarantineGroups returns what is in a datasource's quarantine and not in its
// table, by the reason.
func (i *Ingest) QuarantineGroups(ctx context.Context, id ledger.ProjectID, name string) ([]clickhouse.QuarantineGroup, error) {
	j, err := i.records(ctx, id, name)
	if err != nil {
		return nil, err
	}
	return j.house.QuarantineGroups(ctx, name)
}

// QuarantineRows returns rows of a datasource's quarantine that aren't in its
// table.
func (i *Ingest) QuarantineRows(ctx context.Context, id ledger.ProjectID, name string, f clickhouse.QuarantineFilter) ([]clickhouse.QuarantineRow, error) {
	j, err := i.records(ctx, id, name)
	if err != nil {
		return nil, err
	}
	return j.house.QuarantineRows(ctx, name, f)
}

// records opens the job of a datasource whose records are read: the tables of
// files and replays exist.
func (i *Ingest) records(ctx context.Context, id ledger.ProjectID, name string) (*job, error) {
	j, err := i.open(ctx, id, name)
	if err != nil {
		return nil, err
	}
	if err := j.house.EnsureFileTable(ctx); err != nil {
		return nil, err
	}
	return j, j.house.EnsureReplayTable(ctx)
}
