package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
)

// A batch of a replay is at most so many rows, and somewhat more than so many
// bytes of their texts.
const (
	replayRows  = 5000
	replayBytes = 16 << 20
)

// batch is quarantined rows that come into the table together. It is recorded
// before they are appended, with the definitions that they are decoded by, and
// done by whoever finds it before another is begun.
type batch struct {
	Run     ledger.RunID               `json:"run"` // that began it
	Project ledger.ProjectID           `json:"project"`
	Columns uint32                     `json:"columns"` // the version of the added columns
	Token   string                     `json:"token"`
	Rows    []clickhouse.QuarantinedID `json:"rows"`
}

// batchToken names the rows of a batch for ClickHouse. It depends on what is
// replayed alone.
func batchToken(datasource string, rows []clickhouse.QuarantinedID) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00replay\x00", datasource)
	for _, r := range rows {
		fmt.Fprintf(h, "%s\x00%s\x00%d\x00", r.Key, r.ETag, r.Row)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// planOne makes one part: batches of a replay are done one after another, and a
// verification looks at everything.
func (i *Ingest) planOne(ctx context.Context, r ledger.Run) (*run.Work, error) {
	j, err := i.open(ctx, r.Project, r.Subject.Name)
	if err != nil {
		return nil, err
	}
	if err := i.ensure(ctx, j); err != nil {
		return nil, err
	}
	return &run.Work{
		Plan: ledger.Plan{
			Queue: task.QueueIngest, TaskKind: string(task.IngestPart), Shared: json.RawMessage("{}"), PlannedAt: i.ledger.Now(),
		},
		Parts: []json.RawMessage{json.RawMessage("{}")},
	}, nil
}

// replayer tries the rows of a quarantine again.
type replayer struct {
	ingest *Ingest
	job    *job                 // with all columns that were added
	added  []ledger.AddedColumn // those
	run    ledger.Run
	meter  *run.Meter
	left   int64 // rows that don't fit
	bytes  int64 // of all rows
}

// replay does the one part of a replay.
func (i *Ingest) replay(ctx context.Context, p run.Part) (ledger.Totals, error) {
	r, err := i.replayer(ctx, p)
	if err != nil {
		return ledger.Totals{}, err
	}
	filter := clickhouse.QuarantineFilter{
		Fingerprint: p.Run.Trigger.Replay.Fingerprint, TriedBy: string(p.Run.ID), Key: p.Run.Trigger.Replay.Key,
		Settled: true, Limit: replayRows, MaxBytes: replayBytes,
	}
	for more := true; more; {
		if more, err = r.page(ctx, &filter); err != nil && !fault.Is(err, fault.Conflict) {
			return ledger.Totals{}, err
		}
	}
	total := ledger.Totals{Bytes: r.bytes, Quarantined: r.left}
	total.Rows, total.Files, err = r.job.house.ReplayedBy(ctx, r.job.ds.Name, string(p.Run.ID))
	return total, err
}

// replayer makes what tries rows by the schema of a part's run, in a table that has
// all of its columns.
func (i *Ingest) replayer(ctx context.Context, p run.Part) (*replayer, error) {
	j, err := i.open(ctx, p.Run.Project, p.Run.Subject.Name)
	if err != nil {
		return nil, err
	}
	added, err := i.ledger.AddedColumns(ctx, j.ds.Name)
	if err != nil {
		return nil, err
	}
	version := uint32(len(added))
	if j, err = j.at(added, version); err != nil {
		return nil, err
	}
	w := &partWriter{ingest: i, job: j, run: p.Run}
	return &replayer{ingest: i, job: j, added: added, run: p.Run, meter: p.Meter}, w.provide(ctx, j, version)
}

// page tries the rows behind the filter's After, and moves it. What it finds in
// the quarantine counts only as long as nobody else begins a batch: the error is
// then a Conflict, and the page is to be read again.
func (r *replayer) page(ctx context.Context, filter *clickhouse.QuarantineFilter) (more bool, err error) {
	turn, err := r.turn(ctx)
	if err != nil {
		return true, err
	}
	rows, err := r.job.house.QuarantineRows(ctx, r.job.ds.Name, *filter)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	left, err := r.rows(ctx, turn, rows)
	if err != nil {
		return true, err
	}
	r.left += left
	for _, row := range rows {
		r.bytes += int64(len(row.Raw))
	}
	filter.After = rows[len(rows)-1].QuarantinedID
	return true, nil
}

// turn finishes the batch that is open, if one is, and returns how many were begun.
func (r *replayer) turn(ctx context.Context) (int64, error) {
	var b batch
	turn, open, err := r.ingest.ledger.ReplayTurn(ctx, r.job.ds.Name, &b)
	if err != nil || !open {
		return turn, err
	}
	then, err := r.as(ctx, b)
	if err != nil {
		return turn, err
	}
	rows, err := r.job.house.RowsByID(ctx, r.job.ds.Name, b.Rows)
	if err != nil {
		return turn, err
	}
	filled, err := then.fill(ctx, rows)
	if err == nil && filled.Rows() != len(b.Rows) {
		err = fault.WithRemedy(fault.New(fault.Invalid, "replay of %s: %d of the %d rows that run %s began to replay are not in the quarantine any more, or don't fit as they did",
			r.job.ds.Name, len(b.Rows)-filled.Rows(), len(b.Rows), b.Run), "restore them in %s", clickhouse.QuarantineName(r.job.ds.Name))
	}
	if err != nil {
		return turn, err
	}
	return turn, r.finish(ctx, turn, b, filled)
}

// as returns the job by which a batch was begun, into today's table.
func (r *replayer) as(ctx context.Context, b batch) (*job, error) {
	j := *r.job
	if b.Project != r.run.Project {
		then, err := r.ingest.open(ctx, b.Project, r.job.ds.Name)
		if err != nil {
			return nil, err
		}
		j.ds, j.columns, j.opts = then.ds, then.columns, then.opts
	}
	return j.at(r.added, b.Columns)
}

// rows tries a page of rows, those that are read alike together, and returns how
// many don't fit.
func (r *replayer) rows(ctx context.Context, turn int64, rows []clickhouse.QuarantineRow) (left int64, err error) {
	for len(rows) > 0 {
		end := slices.IndexFunc(rows, func(other clickhouse.QuarantineRow) bool { return dialectOf(other) != dialectOf(rows[0]) })
		if end < 0 {
			end = len(rows)
		}
		fit, failed, err := r.sort(ctx, rows[:end])
		if err != nil {
			return left, err
		}
		if len(fit) > 0 {
			if err := r.bring(ctx, turn, fit); err != nil {
				return left, err
			}
			turn++
		}
		if len(failed) > 0 {
			if err := r.job.house.RecordReplays(ctx, failed); err != nil {
				return left, err
			}
		}
		left += int64(len(failed))
		rows = rows[end:]
	}
	return left, nil
}

// sort finds out which rows fit now, and why the others don't.
func (r *replayer) sort(ctx context.Context, rows []clickhouse.QuarantineRow) (fit []clickhouse.QuarantineRow, failed []clickhouse.ReplayRecord, err error) {
	for _, row := range rows {
		errs, err := r.job.again(ctx, row)
		if err != nil {
			return nil, nil, err
		}
		if len(errs) == 0 {
			fit = append(fit, row)
			continue
		}
		rec := r.record(row.QuarantinedID, clickhouse.ReplayFailed)
		for _, e := range errs {
			rec.Columns, rec.Errors, rec.Reasons = append(rec.Columns, e.Column), append(rec.Errors, e.Detail), append(rec.Reasons, e.Code)
		}
		rec.Fingerprint = fingerprint(r.job.ds.Name, errs)
		failed = append(failed, rec)
	}
	return fit, failed, nil
}

func (r *replayer) record(id clickhouse.QuarantinedID, state clickhouse.ReplayState) clickhouse.ReplayRecord {
	return clickhouse.ReplayRecord{Datasource: r.job.ds.Name, QuarantinedID: id, State: state, RunID: string(r.run.ID), UpdatedAt: r.ingest.ledger.Now()}
}

// bring begins a batch of rows that fit, and finishes it.
func (r *replayer) bring(ctx context.Context, turn int64, rows []clickhouse.QuarantineRow) error {
	b := batch{Run: r.run.ID, Project: r.run.Project, Columns: uint32(len(r.added))}
	for _, row := range rows {
		b.Rows = append(b.Rows, row.QuarantinedID)
	}
	b.Token = batchToken(r.job.ds.Name, b.Rows)
	filled, err := r.job.fill(ctx, rows)
	if err != nil {
		return err
	}
	if filled.Rows() != len(rows) {
		return fault.New(fault.Unknown, "replay of %s: %d rows that fit alone make %d", r.job.ds.Name, len(rows), filled.Rows())
	}
	if err := r.ingest.ledger.BeginReplay(ctx, r.job.ds.Name, turn, b); err != nil {
		return err
	}
	return r.finish(ctx, turn+1, b, filled)
}

// fill makes the block of rows that are read alike.
func (j *job) fill(ctx context.Context, rows []clickhouse.QuarantineRow) (*block.Block, error) {
	b := new(block.Block)
	if len(rows) == 0 {
		return b, nil
	}
	raws := make([][]byte, len(rows))
	for i, row := range rows {
		raws[i] = row.Raw
	}
	_, _, err := j.decodeAgain(ctx, b, dialectOf(rows[0]), raws)
	return b, err
}

// finish does what a batch that is begun still needs: each of its steps may have
// been taken before, or be taken by somebody else at the same time.
func (r *replayer) finish(ctx context.Context, turn int64, b batch, rows *block.Block) error {
	if err := r.mark(ctx, b, clickhouse.ReplayOpen); err != nil {
		return err
	}
	files, err := r.files(ctx, b)
	if err != nil {
		return err
	}
	if err := r.job.house.Append(ctx, clickhouse.Insert{Table: r.job.ds.Name, Block: rows, Token: b.Token, Files: files}); err != nil {
		return err
	}
	if err := r.mark(ctx, b, clickhouse.ReplayDone); err != nil {
		return err
	}
	r.meter.Add(int64(len(b.Rows)), rows.Bytes())
	return r.ingest.ledger.EndReplay(ctx, r.job.ds.Name, turn)
}

// files returns which file each row of a batch is of, as the table has it; nothing
// where the table doesn't know files.
func (r *replayer) files(ctx context.Context, b batch) ([]uint64, error) {
	versions := make([]clickhouse.FileVersion, len(b.Rows))
	for i, id := range b.Rows {
		versions[i] = clickhouse.FileVersion{Key: id.Key, ETag: id.ETag}
	}
	known, err := r.job.house.KnownFiles(ctx, r.job.ds.Name, slices.Compact(slices.Clone(versions)))
	if err != nil {
		return nil, err
	}
	files, marked := make([]uint64, len(versions)), false
	for i, v := range versions {
		files[i] = known[v].FileID()
		marked = marked || known[v].Marked
	}
	if !marked {
		return nil, nil
	}
	return files, nil
}

func (r *replayer) mark(ctx context.Context, b batch, state clickhouse.ReplayState) error {
	records := make([]clickhouse.ReplayRecord, len(b.Rows))
	for i, id := range b.Rows {
		records[i] = r.record(id, state)
		records[i].Batch = b.Token
	}
	return r.job.house.RecordReplays(ctx, records)
}
