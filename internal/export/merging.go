package export

import (
	"context"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
)

// alone does all of a run that has one part: it sorts the rows and compares them.
func (e *Export) alone(ctx context.Context, p run.Part, sh *shape, c *comparing, rows batch.Reader) (*written, error) {
	in, err := e.take(ctx, p, sh, c, rows, maxFiles)
	if err != nil {
		return nil, err
	}
	defer in.sorter.Stop()
	present, err := in.sorter.Sorted()
	if err != nil {
		return nil, err
	}
	var found *diff.Found
	if in.finder != nil {
		found = in.finder.Found()
	}
	w, err := e.merge(ctx, p, sh, c, diff.Range{}, present, found)
	if err == nil {
		w.Compared.Read = w.Compared.Counts.Present()
	}
	return w, err
}

// mergeRange is a part of the second wave: it compares the rows whose keys have
// hashes in a range. The database isn't asked any more.
func (e *Export) mergeRange(ctx context.Context, p run.Part, j *job, c *comparing, within diff.Range) (*written, error) {
	result, err := decodeSchema(c.Result)
	if err != nil {
		return nil, err
	}
	sh, err := j.shapeOf(result, p.Run)
	if err != nil {
		return nil, err
	}
	all, found, err := e.sorted(ctx, p, c, within)
	if err != nil {
		return nil, err
	}
	sorter := e.sorter(p, maxFiles, e.cfg.DiffMemory)
	defer sorter.Stop()
	if all, err = sorter.Few(ctx, all, within); err != nil {
		return nil, err
	}
	// Many files want more than the few of the baseline: the less each has, the more
	// often it is asked for.
	return e.merge(ctx, p, sh, c, within, diff.Open(Files{e.ledger}, all, within, e.cfg.DiffMemory/4*3), found)
}

// merge compares rows with the baseline's, and writes those that are to be sent
// and the run's level of the baseline.
func (e *Export) merge(ctx context.Context, p run.Part, sh *shape, c *comparing, within diff.Range, rows []diff.Source, found *diff.Found) (*written, error) {
	present := diff.NewMerge(rows...)
	defer present.Close()
	was, err := e.past(ctx, sh, c, within)
	if err != nil {
		return nil, err
	}
	defer was.rows.Close()
	s, err := e.sender(ctx, p, sh, c, was)
	if err != nil {
		return nil, err
	}
	defer s.abort()
	if err := diff.Compare(ctx, present, was.rows, found, s.visit, s.twice); err != nil {
		return nil, err
	}
	if !found.Check() {
		return nil, fault.New(fault.Invalid, "compare: %w: a row was taken for another", run.ErrReplan)
	}
	return s.finish()
}

// past is the rows that were sent last.
type past struct {
	// rows is the rows as they would have been sent with the present columns, layers
	// the levels that they come from, nil where there are none.
	rows   diff.Source
	layers *diff.Layers
	// recall reads bodies that rows leaves out; nil where it leaves out none.
	recall *recaller
}

// past returns the rows of a range that were sent last.
func (e *Export) past(ctx context.Context, sh *shape, c *comparing, within diff.Range) (*past, error) {
	b, err := e.baseline(ctx, sh.job.sync.Name, c)
	if err != nil {
		return nil, err
	}
	memory := e.cfg.DiffMemory / 4
	switch {
	case b == nil:
		return &past{rows: diff.NewMerge()}, nil
	case c.Keep > 0 && !sh.job.keysOnly():
		rows := b.OpenHeads(Files{e.ledger}, within, c.Keep, memory/2)
		return &past{rows, rows, &recaller{ledger: e.ledger, baseline: b, memory: memory / 2}}, nil
	}
	rows := b.Open(Files{e.ledger}, within, memory)
	if !c.Recoded {
		return &past{rows, rows, nil}, nil
	}
	was, err := decodeSchema(b.Schema)
	if err != nil {
		return nil, err
	}
	recoder, err := diff.NewRecoder(was, sh.carry.Schema())
	if err != nil {
		return nil, err
	}
	return &past{diff.NewRecoded(rows, recoder), rows, nil}, nil
}
