package ingest

import (
	"context"
	"errors"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
)

// reading is a file on its way into its table. Its chunks are sent in one pass,
// unless its columns aren't those of the table: then the pass ends before the
// chunk that shows it, and another goes on from there.
//
//	pass ─ chunk ─ chunk ─ a chunk with new fields ─┐
//	   add columns, record version and checkpoint ◄─┘
//	pass ─ skip what is stored ─ chunk ─ chunk ─ …
//
// What a chunk's rows and rejects are depends on the file, SCHEMA and the types
// of the added columns that it has fields for, which never change once they are
// decided. A chunk is sent only when all of its fields were decided about, so
// every attempt sends the same (TestEveryAttemptSendsTheSameChunks).
type reading struct {
	*partWriter
	begun   *job // with the columns of SCHEMA alone
	file    plan.File
	open    opener // the file, or the range of it that is read
	rec     *clickhouse.FileRecord
	refused refusal         // why all rows go to quarantine
	judged  bool            // whether they do was decided
	decided map[string]bool // fields without a column that it was decided about
	named   bool            // the file says before its first row which fields it has
	trial   bool            // only the first chunk is looked at
}

// opener opens a file, or a range of it, at its first row, and says how it is read.
type opener func(ctx context.Context) (*input, format.ReadOptions, error)

// whole opens all of a file.
func (j *job) whole(f plan.File) opener {
	return func(ctx context.Context) (*input, format.ReadOptions, error) {
		in, err := j.input(ctx, f)
		if err != nil {
			return nil, j.opts, err
		}
		if err := in.ahead(); err != nil {
			return nil, j.opts, errors.Join(err, in.Close())
		}
		return in, j.opts, nil
	}
}

// turn ends a pass over a file whose columns aren't those of the table.
type turn struct {
	refused refusal  // no row is one of the table
	fields  []string // columns must be added for these first
}

func (t *turn) Error() string { return "the file's columns are not the table's" }

// read decodes a file and appends its chunks.
func (w *partWriter) read(ctx context.Context, f plan.File, rec *clickhouse.FileRecord) error {
	j, err := w.begunWith(ctx, *rec)
	if err != nil {
		return err
	}
	return w.readFrom(ctx, j, f, rec, j.whole(f))
}

// readFrom decodes what is opened of a file and appends its chunks.
func (w *partWriter) readFrom(ctx context.Context, j *job, f plan.File, rec *clickhouse.FileRecord, open opener) error {
	if err := j.replaceable(ctx, f); err != nil {
		return err
	}
	r := &reading{partWriter: w, begun: j, file: f, open: open, rec: rec, decided: map[string]bool{}}
	if rec.Range > 0 {
		if err := r.judge(ctx); err != nil {
			return err
		}
	}
	return r.passes(ctx)
}

// judge decides by the beginning of the file, as it does for the file as a whole,
// whether the rows of one of its ranges are rows of the table.
func (r *reading) judge(ctx context.Context) error {
	if r.rec.Chunks > 0 && r.rec.Error == "" {
		return nil
	}
	done, err := r.ingest.judged.turn(ctx, *r.rec)
	if err != nil {
		return err
	}
	defer done()
	if why, known := r.ingest.judged.of(*r.rec); known {
		r.judged = true
		if why == nil {
			return nil
		}
		return r.refuse(ctx, why)
	}
	beginning := *r
	beginning.open, beginning.trial = r.begun.whole(r.file), true
	err = beginning.passes(ctx)
	r.refused, r.judged = beginning.refused, true
	if err == nil {
		r.ingest.judged.remember(*r.rec, r.refused)
	}
	return err
}

// passes reads the file, and again after each turn.
func (r *reading) passes(ctx context.Context) error {
	for {
		err := r.pass(ctx)
		var t *turn
		switch {
		case !errors.As(err, &t):
			return err
		case t.refused != nil:
			if err = r.refuse(ctx, t.refused); err == nil && r.trial {
				return nil
			}
		default:
			err = r.addColumns(ctx, t.fields)
		}
		if err != nil {
			return err
		}
	}
}

// pass reads the file once, and sends what isn't stored.
func (r *reading) pass(ctx context.Context) error {
	return r.opened(ctx, func(a *appender, d format.Decoder) error {
		a.free = stock(min(blocksAtOnce, a.cut.blocks+appendsAtOnce))
		defer release(a.free)
		if r.trial || !r.judged && r.rec.Error != "" {
			return a.trial(ctx, d)
		}
		return a.send(ctx, d)
	})
}

// opened calls do with what decodes the file, unless it shows before its first row
// that its columns aren't those of the table.
func (r *reading) opened(ctx context.Context, do func(a *appender, d format.Decoder) error) error {
	j, err := r.columns(ctx)
	if err != nil {
		return err
	}
	in, opts, err := r.open(ctx)
	if err != nil {
		return j.blame(ctx, r.file, err)
	}
	defer in.Close()
	r.named = in.format.Traits().NamesFields
	d, j, err := r.decoder(ctx, in, j, opts)
	if err != nil {
		return j.blame(ctx, r.file, err)
	}
	defer d.Close()
	if err := r.before(ctx, j, d); err != nil {
		return err
	}
	a := newAppender(r.partWriter, j, r.file, r.rec, chunkingOf(*r.rec).into(j.columns, r.refused != nil))
	a.format, a.refused, a.check, a.preceding = in.format.Traits().Name, r.refused != nil, r.check, in.preceding
	return do(a, d)
}

// columns returns the job with the columns of the record's version, which the
// table has.
func (r *reading) columns(ctx context.Context) (*job, error) {
	j, err := r.begun.at(r.added, r.rec.Columns)
	if err != nil {
		return nil, err
	}
	return j, r.provide(ctx, j, r.rec.Columns)
}

// decoder opens the file with the job's columns. Of the added ones a file that is
// not read in its own order gets those alone that it has: where its chunks end
// depends on the columns, and must not on what other files brought.
func (r *reading) decoder(ctx context.Context, in *input, j *job, opts format.ReadOptions) (format.Decoder, *job, error) {
	opts.BlockBytes, opts.Refuse = int(chunkingOf(*r.rec).into(j.columns, r.refused != nil).bytes), r.refused
	d, err := in.format.Decoder(ctx, in.Input, j.columns, opts)
	if err != nil || !in.format.Traits().RandomAccess || len(j.added()) == 0 {
		return d, j, err
	}
	own := j.without(d.Facts().Missing)
	if len(own.columns) == len(j.columns) {
		return d, j, nil
	}
	if err := d.Close(); err != nil {
		return nil, j, err
	}
	d, err = in.format.Decoder(ctx, in.Input, own.columns, opts)
	return d, own, err
}

// before looks at what a file says of its columns before its first row.
func (r *reading) before(ctx context.Context, j *job, d format.Decoder) error {
	switch quarantine := j.ds.Import.OnNewColumn == def.QuarantineColumn; {
	case r.judged || r.rec.Chunks > 0 && r.rec.Error == "":
		return nil
	case r.named:
		return r.beforeRows(j, d.Facts(), quarantine)
	case quarantine:
		fields, err := r.unknownIn(ctx, j)
		if err == nil && len(fields) > 0 {
			err = &turn{refused: unwanted(fields)}
		}
		return err
	}
	return nil
}

func (r *reading) beforeRows(j *job, facts format.Facts, quarantine bool) error {
	if bad := incompatible(j.columns, trialOf(facts)); bad != nil {
		return &turn{refused: bad}
	}
	if quarantine && len(facts.Unknown) > 0 {
		return &turn{refused: unwanted(facts.Unknown)}
	}
	if fields := r.undecided(j, facts.Unknown); len(fields) > 0 {
		return &turn{fields: fields}
	}
	return nil
}

// check looks at a block before its chunk is stored. The first decides whether the
// file's rows are rows of the table at all; any may have new fields.
func (r *reading) check(j *job, d format.Decoder, consumed int, b *block.Block) error {
	if r.refused != nil {
		return nil
	}
	facts := d.Facts()
	if !r.judged && (r.rec.Chunks == 0 || r.rec.Error != "") {
		if bad := incompatible(j.columns, tried(j.columns, consumed, b, d.Rejected(), facts)); bad != nil {
			return &turn{refused: bad}
		}
	}
	if fields := r.undecided(j, facts.Unknown); len(fields) > 0 {
		return &turn{fields: fields}
	}
	r.judged = true
	return nil
}

// undecided returns the fields without a column that it wasn't decided about.
func (r *reading) undecided(j *job, unknown []string) (fields []string) {
	if j.ds.Import.OnNewColumn != def.AddColumn || r.named && r.rec.Chunks > 0 {
		return nil
	}
	for _, f := range unknown {
		if !r.decided[f] {
			fields = append(fields, f)
		}
	}
	return fields
}

// refuse lets all rows of the file go to quarantine. That it was decided so is in
// the file ledger before the first of them is.
func (r *reading) refuse(ctx context.Context, why refusal) error {
	r.refused, r.judged = why, true
	if r.rec.Error != "" {
		return nil
	}
	r.rec.Error = why.String()
	return r.record(ctx)
}

func (r *reading) record(ctx context.Context) error {
	r.rec.UpdatedAt = r.now()
	return r.job.house.RecordFiles(ctx, []clickhouse.FileRecord{*r.rec})
}
