package export

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/mapping"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// written is what the commit needs to know of a part.
type written struct {
	Segments []segment `json:"segments"`
}

// Part implements run.Worker: it reads a split, encodes it and uploads it. A
// panic on the way is the part's error.
func (e *Export) Part(ctx context.Context, p run.Part) (totals ledger.Totals, output json.RawMessage, err error) {
	var w written
	err = contained(e.log, func() (err error) {
		w.Segments, err = e.part(ctx, p)
		return err
	})
	if errors.Is(err, source.ErrSnapshotGone) {
		err = fault.New(fault.Invalid, "%w: %w", run.ErrReplan, err)
	}
	if err != nil {
		return totals, nil, err
	}
	for _, s := range w.Segments {
		totals.Rows += s.Rows
		totals.Bytes += s.Size
	}
	if output, err = json.Marshal(w); err != nil {
		return totals, nil, fault.New(fault.Invalid, "encode manifest: %w", err)
	}
	return totals, output, nil
}

func (e *Export) part(ctx context.Context, p run.Part) ([]segment, error) {
	j, projection, err := e.prepare(ctx, p)
	if err != nil {
		return nil, err
	}
	var split source.Split
	if err := e.ledger.PartPlan(ctx, p.Run.ID, p.Plan.Epoch, p.Index, &split); err != nil {
		return nil, err
	}
	rows, err := j.db.Read(ctx, j.query, split)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out, err := e.outputs(ctx, p, j, projection.Schema())
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
		return out.write(0, mapped)
	})
	if err != nil {
		return nil, err
	}
	return out.finish()
}

// prepare opens the job of a part and makes sure that its rows are still what
// the plan says.
func (e *Export) prepare(ctx context.Context, p run.Part) (*job, *mapping.Projection, error) {
	s, err := decode[shared](p.Plan.Shared)
	if err != nil {
		return nil, nil, err
	}
	j, err := e.open(ctx, p.Run)
	if err != nil {
		return nil, nil, err
	}
	projection, err := j.project(ctx, p.Run)
	if err != nil {
		return nil, nil, err
	}
	planned, err := s.schema()
	if err != nil {
		return nil, nil, err
	}
	if changed := changes(fields(planned), fields(projection.Schema())); changed != "" {
		return nil, nil, fault.WithRemedy(fault.New(fault.Invalid, "model %s: its columns changed during the run: %s", j.model.Name, changed), "run the sync again")
	}
	return j, projection, nil
}
