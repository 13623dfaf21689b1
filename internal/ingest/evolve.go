package ingest

import (
	"context"
	"errors"
	"io"
	"slices"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

const (
	// lookRows is how many rows, from the first with new fields on, decide about
	// their types. Fields that come later make another pass.
	lookRows = 1 << 20
	// maxAdded bounds the columns that files add to a table. Objects whose keys are
	// data have no end of them.
	maxAdded = 1000
)

// addColumns makes columns of fields of the file that have none: in the record of
// added columns, where the first who comes decides; then in the table and its
// quarantine; and then the file's record says that its chunks from here on are
// read with them. All chunks before are stored.
func (r *reading) addColumns(ctx context.Context, fields []string) error {
	for _, f := range fields {
		r.decided[f] = true // those that don't become columns are left out
	}
	found, err := r.infer(ctx)
	if err != nil {
		return r.begun.blame(ctx, r.file, err)
	}
	existing, err := r.job.house.Describe(ctx, "", r.job.ds.Name)
	if err != nil {
		return err
	}
	var broken error
	all, err := r.ingest.ledger.AddColumns(ctx, r.job.ds.Name, func(have []ledger.AddedColumn) (more []ledger.AddedColumn) {
		more, broken = r.choose(have, found, fields, existing)
		return more
	})
	if err = errors.Join(broken, err); err != nil {
		return err
	}
	r.added = all
	if int(r.rec.Columns) == len(all) {
		return nil
	}
	r.tellOfAdded(all[r.rec.Columns:])
	r.rec.Columns, r.rec.Pack = uint32(len(all)), sentAlone
	if _, err := r.columns(ctx); err != nil {
		return err
	}
	return r.record(ctx)
}

// infer looks at the file from its first row that isn't stored.
func (r *reading) infer(ctx context.Context) (schema.Inference, error) {
	in, opts, err := r.open(ctx)
	if err != nil {
		return schema.Inference{}, err
	}
	defer in.Close()
	opts.CSV.Header = format.HeaderYes // or no field would be new
	if in.Stream != nil {
		opts.SampleRows, opts.Range = lookRows, nil // further rows are evidence, too
		if r.rec.Error == "" {
			_, err = io.CopyN(io.Discard, in.Stream, r.rec.Bytes)
		}
	}
	if err != nil {
		return schema.Inference{}, err
	}
	return in.format.Infer(ctx, in.Input, opts)
}

// choose returns the columns that the new fields make behind those there are. A
// column that the table has already, from whoever, is used as it is.
func (r *reading) choose(have []ledger.AddedColumn, found schema.Inference, fields []string, table *clickhouse.Existing) (more []ledger.AddedColumn, err error) {
	j, err := r.begun.at(have, uint32(len(have)))
	if err != nil {
		return nil, err
	}
	var taken []string
	for _, h := range have {
		taken = append(taken, h.Name)
	}
	for _, c := range table.Columns {
		if c.Type.IsZero() || c.DefaultKind != "" && c.DefaultKind != "DEFAULT" {
			taken = append(taken, c.Name)
		}
	}
	for _, f := range schema.NewFields(known(j.columns), found, fields, taken) {
		if clickhouse.ReservedName(f.Name) || len(have)+len(more) == maxAdded {
			continue
		}
		if c := table.Column(f.Name); c != nil {
			f.Type = c.Type
		}
		more = append(more, ledger.AddedColumn{
			Name: f.Name, Type: f.Type.String(), Path: f.Path.String(), File: r.file.Key, Run: r.run.ID, At: r.now(),
		})
	}
	return more, nil
}

func (r *reading) tellOfAdded(columns []ledger.AddedColumn) {
	for _, c := range columns {
		r.log.Info("column added", zap.String("run", string(r.run.ID)), zap.String("datasource", r.job.ds.Name),
			zap.String("column", c.Name), zap.String("type", c.Type), zap.String("path", c.Path), zap.String("key", c.File))
	}
}

// provide makes sure that the table and its quarantine have the columns that were
// added up to a version: who decided about them may have died before it did so.
func (w *partWriter) provide(ctx context.Context, j *job, version uint32) error {
	if version <= w.provided {
		return nil
	}
	table, err := w.job.house.Describe(ctx, "", j.ds.Name)
	if err != nil {
		return err
	}
	quarantine, err := w.job.house.Describe(ctx, "", clickhouse.QuarantineName(j.ds.Name))
	if err != nil {
		return err
	}
	for _, c := range j.added() {
		if table.Column(c.Name) != nil && quarantine.Column(c.Name) != nil {
			continue
		}
		if err := w.job.house.AddColumn(ctx, j.table(), clickhouse.Column{Name: c.Name, Type: c.Type}); err != nil {
			return err
		}
	}
	w.provided = version
	return nil
}

// ensure creates the tables that the datasource needs, with all of their columns.
func (i *Ingest) ensure(ctx context.Context, j *job) error {
	added, err := i.ledger.AddedColumns(ctx, j.ds.Name)
	if err != nil {
		return err
	}
	whole, err := j.at(added, uint32(len(added)))
	if err != nil {
		return err
	}
	return whole.ensure(ctx)
}

// unknownIn reads the whole file and returns fields that no column reads: where
// any of them sends all rows to quarantine, it must be known before the first is sent.
func (r *reading) unknownIn(ctx context.Context, j *job) ([]string, error) {
	in, err := j.input(ctx, r.file)
	if err != nil {
		return nil, j.blame(ctx, r.file, err)
	}
	defer in.Close()
	d, j, err := r.decoder(ctx, in, j, j.opts)
	if err != nil {
		return nil, j.blame(ctx, r.file, err)
	}
	defer d.Close()
	var b block.Block
	for {
		_, err := d.Next(&b, int(chunkingOf(*r.rec).into(j.columns, r.refused != nil).rows))
		fields := d.Facts().Unknown
		if err == io.EOF || err == nil && len(fields) > 0 {
			return slices.Clone(fields), nil
		}
		if err != nil {
			return nil, j.blame(ctx, r.file, err)
		}
	}
}
