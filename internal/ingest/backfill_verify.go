package ingest

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
)

// verifiedAtOnce is how many parts are compared with the file ledger at a time.
const verifiedAtOnce = 4

// verify compares what was planned, part by part, with the file ledger, and that
// with the rows in the table.
func (b *Backfill) verify(ctx context.Context, j *job, r ledger.Run, p ledger.Plan) (ledger.BackfillVerdict, error) {
	var mu sync.Mutex
	v := verdict{At: b.ledger.Now()}
	group, reading := errgroup.WithContext(ctx)
	group.SetLimit(verifiedAtOnce)
	for part := range p.Parts {
		if reading.Err() != nil {
			break
		}
		group.Go(func() error {
			files, err := b.settledBy(reading, r, p, part)
			if err != nil || len(files) == 0 {
				return err
			}
			known, err := j.known(reading, files)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			for _, f := range files {
				v.count(known[version(f)])
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return ledger.BackfillVerdict{}, err
	}
	v.judge(r.Totals)
	if !keepsRows(j.ds.Engine) {
		return ledger.BackfillVerdict(v), nil
	}
	proof, err := j.house.ProveFiles(ctx, j.ds.Name, string(r.ID))
	v.proved(proof)
	return ledger.BackfillVerdict(v), err
}

// settledBy returns the files whose records a part completed.
func (b *Backfill) settledBy(ctx context.Context, r ledger.Run, p ledger.Plan, part int) ([]plan.File, error) {
	var do portion
	err := b.ledger.PartPlan(ctx, r.ID, p.Epoch, part, &do)
	for _, s := range do.Settle {
		do.Files = append(do.Files, s.File)
	}
	return do.Files, err
}

// keepsRows reports whether a table has as many rows as were appended to it:
// other engines merge rows, and rows with a TTL expire.
func keepsRows(e def.Engine) bool {
	return e.TTL == "" && (e.Name == "MergeTree" || e.Name == "ReplicatedMergeTree")
}

type verdict ledger.BackfillVerdict

// count adds a planned file's record; it is zero where there is none.
func (v *verdict) count(rec clickhouse.FileRecord) {
	switch rec.State {
	case clickhouse.FileDone, clickhouse.FileFailed, clickhouse.FileReplaced:
		v.Totals.Add(sum(rec))
	default:
		v.Missing++
	}
}

// judge compares the sums with those of the parts. Files that were left to another
// backfill may be on their way still, and what it did of them the parts didn't count.
func (v *verdict) judge(parts ledger.Totals) {
	v.OK = v.Missing <= parts.SkippedFiles
	if parts.SkippedFiles == 0 {
		v.OK = v.OK && v.Totals == parts
	}
	switch {
	case v.Missing > parts.SkippedFiles:
		v.Note = fmt.Sprintf("the file ledger lacks %d of the files that were ingested", v.Missing-parts.SkippedFiles)
	case !v.OK:
		v.Note = fmt.Sprintf("the file ledger has %d rows and %d in quarantine, the parts counted %d and %d",
			v.Totals.Rows, v.Totals.Quarantined, parts.Rows, parts.Quarantined)
	case parts.SkippedFiles > 0:
		v.Note = fmt.Sprintf("left to another run, which has them in hand: %d of the files", parts.SkippedFiles)
	}
}

// proved adds what counting the rows in the table came to.
func (v *verdict) proved(p clickhouse.Proof) {
	if v.Proved = p.Files - p.Differ; p.Differ == 0 {
		return
	}
	v.OK = false
	v.Note = fmt.Sprintf("the table has other rows of %d files than the file ledger says, %s among them", p.Differ, p.First)
}
