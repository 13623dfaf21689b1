package ingest

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
)

// portion does a part of a backfill. Of a file that is split, rows and bytes count
// with its ranges, so that progress shows, and the file where it is settled.
func (w *partWriter) portion(ctx context.Context, p run.Part, do portion, sh shared) (total ledger.Totals, out json.RawMessage, err error) {
	switch {
	case len(do.Settle) > 0:
		total, err = w.settleAll(ctx, do.Settle)
	case do.Scan > 0:
		out, err = w.scan(ctx, *do.File, sh, do.Scan-1)
	case do.Range > 0:
		var rec clickhouse.FileRecord
		rec, err = w.ranged(ctx, p, *do.File, sh, do.Range)
		total = ledger.Totals{Rows: rec.Rows, Quarantined: rec.Quarantined, Bytes: do.File.width(do.Range)}
	default:
		total, err = w.files(ctx, do.Files, sh)
	}
	return total, out, err
}

// settleAll completes the records of files whose ranges are over. One that another
// run has in hand, or had and did in other ranges, is left to that.
func (w *partWriter) settleAll(ctx context.Context, files []split) (total ledger.Totals, err error) {
	for _, s := range files {
		rec, err := w.settle(ctx, s)
		switch {
		case errors.Is(err, run.ErrReplan) || err == nil && rec.RangeBytes != s.RangeBytes:
			total.SkippedFiles++
			continue
		case err != nil:
			return total, err
		case rec.State == clickhouse.FileFailed:
			total.FailedFiles++
		}
		total.Files++
	}
	return total, nil
}
