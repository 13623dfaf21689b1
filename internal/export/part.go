package export

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// Part implements run.Worker: it reads a split, encodes it and uploads it.
func (e *Export) Part(ctx context.Context, p run.Part) (ledger.Totals, json.RawMessage, error) {
	seg, err := e.part(ctx, p)
	if errors.Is(err, source.ErrSnapshotGone) {
		err = fault.New(fault.Invalid, "%w: %w", run.ErrReplan, err)
	}
	if err != nil {
		return ledger.Totals{}, nil, err
	}
	out, err := json.Marshal(seg)
	if err != nil {
		return ledger.Totals{}, nil, fault.New(fault.Invalid, "encode manifest: %w", err)
	}
	return ledger.Totals{Rows: seg.Rows, Bytes: seg.Size}, out, nil
}

func (e *Export) part(ctx context.Context, p run.Part) (*segment, error) {
	s, err := decode[shared](p.Plan.Shared)
	if err != nil {
		return nil, err
	}
	var split source.Split
	if err := e.ledger.PartPlan(ctx, p.Run.ID, p.Plan.Epoch, p.Index, &split); err != nil {
		return nil, err
	}
	j, err := e.open(ctx, p.Run)
	if err != nil {
		return nil, err
	}
	projection, err := j.project(ctx, p.Run)
	if err != nil {
		return nil, err
	}
	planned, err := s.schema()
	if err != nil {
		return nil, err
	}
	if changed := changes(fields(planned), fields(projection.Schema())); changed != "" {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "model %s: its columns changed during the run: %s", j.model.Name, changed), "run the sync again")
	}
	rows, err := j.db.Read(ctx, j.query, split)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	frame, err := j.format.Frame(projection.Schema(), j.opts)
	if err != nil {
		return nil, err
	}
	out := &output{ledger: e.ledger, part: p, bucket: j.bucket, key: s.Key, frame: frame, codec: j.codec, put: j.putOptions()}
	asm := newAssembler(ctx, j.bucket, s.Key, out.claim)
	enc, err := j.format.Encoder(projection.Schema(), j.opts)
	if err != nil {
		return nil, err
	}
	pipe := &pipeline{rows: rows, projection: projection, encoder: enc, codec: j.codec, meter: p.Meter, write: asm.write, log: e.log}
	done, err := pipe.run(ctx)
	if err != nil {
		return nil, errors.Join(err, stopUploads(asm))
	}
	return out.segment(ctx, asm, done)
}

// stopUploads waits for what is on its way, so that no piece of a failed attempt
// arrives after the next attempt began.
func stopUploads(asm *assembler) error {
	err := asm.wait()
	if fault.Is(err, fault.Canceled) {
		return nil // it was stopped by the failure that is reported already
	}
	return err
}
