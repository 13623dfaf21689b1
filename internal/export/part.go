package export

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// written is what the commit, and parts of the next wave, need to know of a part.
type written struct {
	Segments []segment `json:"segments,omitempty"`
	// Sorted is set by a part that sorts rows for others.
	Sorted []diff.FileInfo `json:"sorted,omitempty"`
	// Found is set by such a part where it found rows in the baseline, which it then
	// didn't sort.
	Found *diff.FoundInfo `json:"found,omitempty"`
	// Compared is set by a part that compares rows.
	Compared *compared `json:"compared,omitempty"`
}

// totals is what a part did. A run that compares rows counts those that it
// reads, each once, whichever part does what with them.
func (w *written) totals() (t ledger.Totals) {
	for _, s := range w.Segments {
		t.Add(ledger.Totals{Rows: s.Rows, Bytes: s.Size})
	}
	for _, f := range w.Sorted {
		t.Add(ledger.Totals{Rows: f.Rows, Bytes: f.Bytes})
	}
	if w.Found != nil {
		t.Rows += w.Found.Found
	}
	if w.Compared != nil {
		t.Rows = w.Compared.Read
	}
	return t
}

// Part implements run.Worker. A panic on the way is the part's error.
func (e *Export) Part(ctx context.Context, p run.Part) (totals ledger.Totals, output json.RawMessage, err error) {
	defer e.leave(ctx, p)
	var w *written
	err = contained(e.log, func() (err error) {
		w, err = e.part(ctx, p)
		return err
	})
	if errors.Is(err, source.ErrSnapshotGone) {
		err = fault.New(fault.Invalid, "%w: %w", run.ErrReplan, err)
	}
	if err != nil {
		return totals, nil, err
	}
	if output, err = json.Marshal(w); err != nil {
		return totals, nil, fault.New(fault.Invalid, "encode manifest: %w", err)
	}
	return w.totals(), output, nil
}

// part finds out what there is to do, and does it.
func (e *Export) part(ctx context.Context, p run.Part) (*written, error) {
	s, err := decode[shared](p.Plan.Shared)
	if err != nil {
		return nil, err
	}
	var mine slice
	if err := e.ledger.PartPlan(ctx, p.Run.ID, p.Plan.Epoch, p.Index, &mine); err != nil {
		return nil, err
	}
	j, err := e.open(ctx, p.Run)
	if err != nil {
		return nil, err
	}
	if mine.Range != nil {
		return e.mergeRange(ctx, p, j, s.Compare, *mine.Range)
	}
	if err := e.connect(ctx, j); err != nil {
		return nil, err
	}
	sh, err := j.shape(ctx, p.Run)
	if err != nil {
		return nil, err
	}
	if err := sh.planned(s); err != nil {
		return nil, err
	}
	rows, err := j.db.Read(ctx, j.query, *mine.Split)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	switch {
	case s.Compare == nil:
		return e.send(ctx, p, sh, rows)
	case s.Compare.Sorters == 0:
		return e.alone(ctx, p, sh, s.Compare, rows)
	}
	return e.sort(ctx, p, sh, s.Compare, rows)
}

// send encodes all rows and uploads them.
func (e *Export) send(ctx context.Context, p run.Part, sh *shape, rows batch.Reader) (*written, error) {
	projection, err := sh.projection(sh.job.names.ops[0])
	if err != nil {
		return nil, err
	}
	out, err := e.outputs(ctx, p, sh.job, sh.file)
	if err != nil {
		return nil, err
	}
	defer out.abort()
	err = batch.Each(ctx, rows, func(rec arrow.Record) error {
		mapped, err := projection.Apply(rec)
		if err != nil {
			return err
		}
		defer mapped.Release()
		p.Meter.Add(rec.NumRows(), 0)
		return out.write(0, mapped)
	})
	if err != nil {
		return nil, err
	}
	segments, err := out.finish()
	return &written{Segments: segments}, err
}
