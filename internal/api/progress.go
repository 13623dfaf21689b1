package api

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/pkg/fault"
)

// RunDetail is a run with all that is known of it.
type RunDetail struct {
	Run
	CancelRequested bool     `json:"cancel_requested" doc:"Somebody asked the run to stop."`
	Progress        Progress `json:"progress"`
	// PartProgress has an entry per part, by number.
	PartProgress []Part   `json:"part_progress" doc:"Every part of the current plan; of a backfill those from its first open one on, 100 at most."`
	Objects      []Object `json:"objects" doc:"What the run wrote; empty before it is done."`
	// Ops is absent before a run of a sync is done.
	Ops map[string]int64 `json:"ops,omitempty" doc:"Rows by op: all, or added, changed, removed and unchanged."`
	// Verification is set when the run verified, and is done.
	Verification *Verification `json:"verification,omitempty" doc:"What a verification found."`
}

// Progress sums up the parts.
type Progress struct {
	Done    int   `json:"done" doc:"Parts."`
	Running int   `json:"running" doc:"Parts."`
	Waiting int   `json:"waiting" doc:"Parts that are queued, or between two attempts."`
	Dead    int   `json:"dead" doc:"Parts that can't be done."`
	Rows    int64 `json:"rows" doc:"So far, unfinished parts included."`
	Bytes   int64 `json:"bytes" doc:"So far, unfinished parts included."`
	// Stale is set when Redis doesn't answer.
	Stale bool `json:"stale,omitempty" doc:"Redis does not answer: what runs at the moment is not known."`
}

// Part is an independent slice of a run.
type Part struct {
	Part       int        `json:"part" doc:"From 0."`
	Wave       int        `json:"wave" doc:"From 0. The parts of a wave begin when those of the wave before are done: in the modes insert and diff the first reads and sorts, the second compares and writes; large texts are scanned in one and read in the next."`
	State      string     `json:"state" enum:"queued,running,retrying,done,dead,canceled"`
	Attempt    string     `json:"attempt,omitempty"`
	Rows       int64      `json:"rows"`
	Bytes      int64      `json:"bytes"`
	ReportedAt *time.Time `json:"reported_at,omitempty" doc:"By the worker's clock."`
	Failure    *Failure   `json:"failure,omitempty"`
}

// Object is an object that a run wrote.
type Object struct {
	Bucket    string `json:"bucket"`
	Key       string `json:"key"`
	Op        string `json:"op,omitempty" enum:"all,added,changed,removed" doc:"Which rows it has."`
	Rows      int64  `json:"rows"`
	Bytes     int64  `json:"bytes"`
	ETag      string `json:"etag,omitempty"`
	CRC64NVME string `json:"crc64nvme" doc:"Of the whole object, in base64 as S3 gives it."`
}

type runDetailOutput struct{ Body RunDetail }

func (s *server) showRun(ctx context.Context, in *runInput) (*runDetailOutput, error) {
	r, err := s.readRun(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &runDetailOutput{Body: RunDetail{Run: viewRun(r, s.Ledger.Now())}}
	if out.Body.CancelRequested, err = s.Ledger.CancelRequested(ctx, r.ID); err != nil {
		return nil, err
	}
	if out.Body.PartProgress, out.Body.Progress.Stale, err = s.parts(ctx, r); err != nil {
		return nil, err
	}
	for _, p := range out.Body.PartProgress {
		out.Body.Progress.add(p)
	}
	out.Body.Progress.Done += r.Settled
	out.Body.Progress.Waiting += max(0, r.Parts-r.Settled-len(out.Body.PartProgress))
	if r.Settled > 0 {
		out.Body.Progress.Rows += r.Totals.Rows
		out.Body.Progress.Bytes += r.Totals.Bytes
	}
	if r.State == ledger.Done {
		out.Body.Progress.Rows, out.Body.Progress.Bytes = r.Totals.Rows, r.Totals.Bytes
	}
	if out.Body.Verification, err = s.verification(ctx, r); err != nil {
		return nil, err
	}
	wrote, err := s.written(ctx, r)
	out.Body.Objects, out.Body.Ops = wrote.Objects, wrote.Ops
	return out, err
}

func (p *Progress) add(part Part) {
	switch part.State {
	case "done":
		p.Done++
	case "running":
		p.Running++
	case "queued", "retrying":
		p.Waiting++
	case "dead":
		p.Dead++
	}
	p.Rows += part.Rows
	p.Bytes += part.Bytes
}

// partsShown is how many parts of a backfill are shown: there may be thousands.
const partsShown = 100

// numbered returns the part of a number, or nil where it isn't shown.
func numbered(parts []Part, number int) *Part {
	if i := number - parts[0].Part; i >= 0 && i < len(parts) {
		return &parts[i]
	}
	return nil
}

// parts puts together what the ledger knows for certain, which parts are done
// or dead, and what Redis was told last. It is stale when Redis doesn't answer.
func (s *server) parts(ctx context.Context, r ledger.Run) (parts []Part, stale bool, err error) {
	parts = make([]Part, r.Parts-r.Settled)
	if r.Subject.Kind == ledger.Backfill {
		parts = parts[:min(len(parts), partsShown)]
	}
	if len(parts) == 0 {
		return parts, false, nil
	}
	live, err := s.Queue.Progress(ctx, string(r.ID))
	if err != nil {
		s.Log.Warn("progress not read", zap.String("run", string(r.ID)), zap.Error(err))
		live, stale = nil, true
	}
	for i := range parts {
		parts[i] = unfinished(r.Settled+i, r, live)
	}
	if err := s.addDone(ctx, r, parts); err != nil {
		return nil, stale, err
	}
	if err := s.addDead(ctx, r, parts); err != nil {
		return nil, stale, err
	}
	return parts, stale, s.addWaves(ctx, r, parts)
}

func (s *server) addWaves(ctx context.Context, r ledger.Run, parts []Part) error {
	plan, err := s.Ledger.Plan(ctx, r.ID, r.Epoch)
	if fault.Is(err, fault.NotFound) {
		return nil // it is being planned anew
	}
	for i := range parts {
		parts[i].Wave = plan.Wave(parts[i].Part)
	}
	return err
}

// unfinished is a part as Redis knows it.
func unfinished(i int, r ledger.Run, live map[int]queue.Progress) Part {
	part := Part{Part: i, State: "queued"}
	p, reported := live[i]
	if reported && p.Epoch == r.Epoch {
		part.Attempt, part.Rows, part.Bytes, part.ReportedAt = p.Attempt, p.Rows, p.Bytes, moment(p.At)
		part.State = "running"
		if p.Seen == 0 { // the attempt's last word
			part.State = "retrying"
		}
	}
	if r.State.Final() {
		part.State = "canceled"
	}
	return part
}

// addDone marks the parts that are done. Redis has the numbers of most; those
// that it doesn't have, or forgot, are in the parts' manifests.
func (s *server) addDone(ctx context.Context, r ledger.Run, parts []Part) error {
	done, err := s.Ledger.FinishedParts(ctx, r.ID, r.Epoch, r.Settled)
	if err != nil {
		return err
	}
	return each(ctx, len(done), func(ctx context.Context, i int) error {
		part := numbered(parts, done[i])
		if part == nil {
			return nil
		}
		told := part.State == "retrying"
		if part.State = "done"; told {
			return nil
		}
		m, err := s.Ledger.PartManifest(ctx, r.ID, r.Epoch, part.Part)
		if fault.Is(err, fault.NotFound) {
			return nil // it was reopened
		}
		part.Attempt, part.Rows, part.Bytes, part.ReportedAt = m.Attempt, m.Totals.Rows, m.Totals.Bytes, moment(m.FinishedAt)
		return err
	})
}

func (s *server) addDead(ctx context.Context, r ledger.Run, parts []Part) error {
	dead, err := s.Ledger.DeadParts(ctx, r.ID, r.Epoch)
	if err != nil {
		return err
	}
	return each(ctx, len(dead), func(ctx context.Context, i int) error {
		part := numbered(parts, dead[i])
		if part == nil {
			return nil
		}
		why, err := s.Ledger.DeadPart(ctx, r.ID, r.Epoch, dead[i])
		if err != nil {
			return err
		}
		part.State, part.Failure = "dead", viewFailure(&why)
		return nil
	})
}

// written is the part of a sync's manifest that a run is shown with.
type written struct {
	Objects []Object         `json:"objects"`
	Ops     map[string]int64 `json:"ops"`
}

// written reads what the run of a sync wrote.
func (s *server) written(ctx context.Context, r ledger.Run) (written, error) {
	none := written{Objects: []Object{}}
	if r.Subject.Kind != ledger.Export || r.State != ledger.Done {
		return none, nil
	}
	var w written
	err := s.Ledger.Manifest(ctx, r.ID, &w)
	if fault.Is(err, fault.NotFound) || err == nil && w.Objects == nil {
		return written{Objects: none.Objects, Ops: w.Ops}, nil
	}
	return w, err
}
