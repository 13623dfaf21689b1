package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
)

// A batch of a replay is at most so many rows, and somewhat more than so many
// bytes of their texts.
const (
	replayRows  = 20_000
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
	// Read has, where rows were read from their files, how many bytes each of Rows
	// has in the text that is kept with the batch; 0 is a row of which the quarantine
	// has all. So what the file has become meanwhile changes nothing.
	Read []int `json:"read,omitempty"`
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
	cut    *rereader // of rows that the quarantine has in part
	left   int64     // rows that don't fit
	bytes  int64     // of all rows
}

// replay does the one part of a replay.
func (i *Ingest) replay(ctx context.Context, p run.Part) (ledger.Totals, error) {
	r, err := i.replayer(ctx, p)
	if err != nil {
		return ledger.Totals{}, err
	}
	defer r.cut.close()
	filter := clickhouse.QuarantineFilter{
		Fingerprint: p.Run.Trigger.Replay.Fingerprint, TriedBy: string(p.Run.ID), Key: p.Run.Trigger.Replay.Key,
		Settled: true, Limit: replayRows, MaxBytes: replayBytes,
	}
	for more := true; more; {
		if more, err = r.page(ctx, &filter); err != nil && !fault.Is(err, fault.Conflict) {
			return ledger.Totals{}, err
		}
	}
	if err := r.replace(ctx); err != nil {
		return ledger.Totals{}, err
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
	r := &replayer{ingest: i, job: j, added: added, run: p.Run, meter: p.Meter}
	r.cut = &rereader{job: j, ingest: i, then: map[string]format.ReadOptions{}}
	return r, w.provide(ctx, j, version)
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
	rows, err := r.begun(ctx, b)
	if fault.Is(err, fault.NotFound) && r.over(ctx, turn) {
		return r.turn(ctx)
	}
	if err != nil {
		return turn, err
	}
	if b.Rows, rows, err = r.present(ctx, b.Rows, rows); err != nil {
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

// begun returns the rows of a batch that is open, with the texts that it was begun
// with.
func (r *replayer) begun(ctx context.Context, b batch) ([]*candidate, error) {
	found, err := r.job.house.RowsByID(ctx, r.job.ds.Name, b.Rows)
	if err != nil {
		return nil, err
	}
	var kept []byte
	if len(b.Read) > 0 {
		if kept, err = r.ingest.ledger.ReplayText(ctx, r.job.ds.Name, b.Token); err != nil {
			return nil, err
		}
	}
	read := make(map[clickhouse.QuarantinedID][]byte)
	for i, n := range b.Read {
		if n > 0 {
			read[b.Rows[i]], kept = kept[:n], kept[n:]
		}
	}
	rows := make([]*candidate, len(found))
	for i, row := range found {
		rows[i] = &candidate{QuarantineRow: row, text: row.Raw}
		if text := read[row.QuarantinedID]; text != nil {
			rows[i].text, rows[i].read = text, true
		}
	}
	return rows, nil
}

// over reports whether the batch of a turn is not open any more: its texts go when
// somebody has finished it.
func (r *replayer) over(ctx context.Context, turn int64) bool {
	var b batch
	now, open, err := r.ingest.ledger.ReplayTurn(ctx, r.job.ds.Name, &b)
	return err == nil && (!open || now != turn)
}

// rows tries a page of rows, those that are read alike together, and returns how
// many don't fit.
func (r *replayer) rows(ctx context.Context, turn int64, rows []clickhouse.QuarantineRow) (left int64, err error) {
	for len(rows) > 0 {
		group, err := r.group(ctx, rows)
		if err != nil {
			return left, err
		}
		rows = rows[len(group):]
		tried := slices.DeleteFunc(slices.Clone(group), func(c *candidate) bool { return c.errs != nil })
		filled, err := r.job.again(ctx, tried)
		if err != nil {
			return left, err
		}
		if fit := slices.DeleteFunc(tried, func(c *candidate) bool { return c.errs != nil }); len(fit) > 0 {
			if err := r.bring(ctx, turn, fit, filled); err != nil {
				return left, err
			}
			turn++
		}
		failed := r.failed(group)
		if len(failed) > 0 {
			if err := r.job.house.RecordReplays(ctx, failed); err != nil {
				return left, err
			}
		}
		left += int64(len(failed))
	}
	return left, nil
}

// group returns the first of some rows that are tried together, with their texts:
// rows that are read alike, and few enough to be in memory.
func (r *replayer) group(ctx context.Context, rows []clickhouse.QuarantineRow) (group []*candidate, err error) {
	size := 0
	for _, row := range rows {
		if size >= replayBytes || !alike(rows[0], row) {
			break
		}
		c := &candidate{QuarantineRow: row, text: row.Raw}
		switch {
		case row.Format == "":
			c.errs = wholly(reasonUnknown, "it was quarantined by a version that did not keep that")
		case len(row.Raw) >= rawKept:
			c.read = true
			if c.text, c.errs, err = r.cut.text(ctx, row); err != nil {
				return nil, err
			}
		}
		size += len(c.text)
		group = append(group, c)
	}
	return group, nil
}

// failed returns the records of the rows that don't fit, which say why.
func (r *replayer) failed(group []*candidate) (failed []clickhouse.ReplayRecord) {
	for _, row := range group {
		if len(row.errs) == 0 {
			continue
		}
		rec := r.record(row.QuarantinedID, clickhouse.ReplayFailed)
		for _, e := range row.errs {
			rec.Columns, rec.Errors, rec.Reasons = append(rec.Columns, e.Column), append(rec.Errors, e.Detail), append(rec.Reasons, e.Code)
		}
		rec.Fingerprint = fingerprint(r.job.ds.Name, row.errs)
		failed = append(failed, rec)
	}
	return failed
}

func (r *replayer) record(id clickhouse.QuarantinedID, state clickhouse.ReplayState) clickhouse.ReplayRecord {
	return clickhouse.ReplayRecord{Datasource: r.job.ds.Name, QuarantinedID: id, State: state, RunID: string(r.run.ID), UpdatedAt: r.ingest.ledger.Now()}
}

// bring begins a batch of rows that fit, and finishes it.
func (r *replayer) bring(ctx context.Context, turn int64, rows []*candidate, filled *block.Block) error {
	if filled.Rows() != len(rows) {
		return fault.New(fault.Unknown, "replay of %s: %d rows that fit make %d", r.job.ds.Name, len(rows), filled.Rows())
	}
	b := batch{Run: r.run.ID, Project: r.run.Project, Columns: uint32(len(r.added))}
	for _, row := range rows {
		b.Rows = append(b.Rows, row.QuarantinedID)
	}
	b.Token = batchToken(r.job.ds.Name, b.Rows)
	if err := r.keep(ctx, &b, rows); err != nil {
		return err
	}
	if err := r.ingest.ledger.BeginReplay(ctx, r.job.ds.Name, turn, b); err != nil {
		return err
	}
	return r.finish(ctx, turn+1, b, filled)
}

// keep keeps the texts of a batch that only the files have: before it is begun, so
// that it can be finished without them.
func (r *replayer) keep(ctx context.Context, b *batch, rows []*candidate) error {
	if !slices.ContainsFunc(rows, func(c *candidate) bool { return c.read }) {
		return nil
	}
	var text []byte
	b.Read = make([]int, len(rows))
	for i, row := range rows {
		if row.read {
			text = append(text, row.text...)
			b.Read[i] = len(row.text)
		}
	}
	return r.ingest.ledger.SaveReplayText(ctx, r.job.ds.Name, b.Token, text)
}

// finish does what a batch that is begun still needs: each of its steps may have
// been taken before, or be taken by somebody else at the same time.
func (r *replayer) finish(ctx context.Context, turn int64, b batch, rows *block.Block) error {
	if err := r.mark(ctx, b, clickhouse.ReplayOpen); err != nil {
		return err
	}
	known, err := r.known(ctx, b.Rows)
	if err != nil {
		return err
	}
	if err := r.job.house.Append(ctx, clickhouse.Insert{Table: r.job.ds.Name, Block: rows, Token: b.Token, Files: fileIDs(b.Rows, known)}); err != nil {
		return err
	}
	if err := r.enter(ctx, slices.Collect(maps.Values(known))); err != nil {
		return err
	}
	if err := r.mark(ctx, b, clickhouse.ReplayDone); err != nil {
		return err
	}
	r.meter.Add(int64(len(b.Rows)), rows.Bytes())
	if err := r.ingest.ledger.EndReplay(ctx, r.job.ds.Name, turn); err != nil || len(b.Read) == 0 {
		return err
	}
	return r.ingest.ledger.DropReplayText(ctx, r.job.ds.Name, b.Token)
}

// known returns the records of the files that rows are of.
func (r *replayer) known(ctx context.Context, rows []clickhouse.QuarantinedID) (map[clickhouse.FileVersion]clickhouse.FileRecord, error) {
	versions := make([]clickhouse.FileVersion, len(rows))
	for i, id := range rows {
		versions[i] = clickhouse.FileVersion{Key: id.Key, ETag: id.ETag}
	}
	return r.job.house.KnownFiles(ctx, r.job.ds.Name, slices.Compact(versions))
}

// fileIDs returns which file each row is of, as the table has it; nothing where the
// table doesn't know files.
func fileIDs(rows []clickhouse.QuarantinedID, known map[clickhouse.FileVersion]clickhouse.FileRecord) []uint64 {
	ids, marked := make([]uint64, len(rows)), false
	for i, id := range rows {
		rec := known[clickhouse.FileVersion{Key: id.Key, ETag: id.ETag}]
		ids[i] = rec.FileID()
		marked = marked || rec.Marked
	}
	if !marked {
		return nil
	}
	return ids
}

func (r *replayer) mark(ctx context.Context, b batch, state clickhouse.ReplayState) error {
	records := make([]clickhouse.ReplayRecord, len(b.Rows))
	for i, id := range b.Rows {
		records[i] = r.record(id, state)
		records[i].Batch = b.Token
	}
	return r.job.house.RecordReplays(ctx, records)
}
