package ingest

import (
	"context"
	"time"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/format"
)

// TokenOf returns the token of a chunk's rows.
func TokenOf(rec clickhouse.FileRecord, chunk int64) string { return token(rec, chunk, roomRows) }

// LimitRuns makes runs take so many files at most.
func (i *Ingest) LimitRuns(files int) { i.runFiles = files }

// LimitParts makes parts of backfills that are planned take so many files at most.
func (b *Backfill) LimitParts(files int) { b.limits.Files = files }

// BrakeAt has parts of backfills look before every chunk whether they are to go
// on, and wait for so long; the leader looks as often.
func (b *Backfill) BrakeAt(patience time.Duration) {
	b.brakes, b.loadEvery = brakes{patience: patience}, patience
}

// TryAgain decodes quarantined rows that are read alike, and returns how many fit.
func TryAgain(ctx context.Context, reader func(string) (format.Reader, error), columns []format.Column, rows []clickhouse.QuarantineRow) (int, error) {
	j := &job{columns: columns, reader: reader}
	tried := make([]*candidate, len(rows))
	for i, row := range rows {
		tried[i] = &candidate{QuarantineRow: row, text: row.Raw}
	}
	b, err := j.again(ctx, tried)
	return b.Rows(), err
}
