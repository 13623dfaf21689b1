package api

import (
	"context"
	"time"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/internal/schedule"
	"github.com/longshore/longshore/pkg/fault"
)

// Backlog is the files that wait to be ingested.
type Backlog struct {
	Files  int64      `json:"files"`
	Bytes  int64      `json:"bytes"`
	Oldest *time.Time `json:"oldest,omitempty" doc:"When the oldest waiting file was modified."`
	// OldestSeconds is the age of that file.
	OldestSeconds float64 `json:"oldest_seconds" doc:"The age of the oldest waiting file; 0 when none waits."`
	// ETASeconds is nil when nobody knows.
	ETASeconds *float64 `json:"eta_seconds,omitempty" doc:"In how many seconds the waiting files will be ingested: as many runs as the limit of files makes, each as long as the recent runs took for as many files or bytes, begun on schedule. Absent when nothing waits, when the datasource is paused or waits to be told, and before the first run."`
}

// paceRuns is how many of the latest runs an ETA goes by.
const paceRuns = 5

func (s *server) viewBacklog(ctx context.Context, d *def.Datasource, rec ledger.SubjectRecord) (Backlog, error) {
	waiting, now := rec.Backlog, s.Ledger.Now()
	v := Backlog{Files: waiting.Files, Bytes: waiting.Bytes, Oldest: moment(waiting.Oldest)}
	if v.Oldest != nil {
		v.OldestSeconds = max(0, now.Sub(waiting.Oldest).Seconds())
	}
	if waiting.Files == 0 || d.Import == nil || !rec.PausedAt.IsZero() {
		return v, nil
	}
	every, begins, err := beat(d.Import, now)
	if err != nil || !begins {
		return v, err
	}
	pace, err := s.pace(ctx, rec.Subject)
	if err != nil {
		return v, err
	}
	if eta, known := plan.Drain(waiting.Files, waiting.Bytes, pace, ingest.FilesPerRun(d.Import), every); known {
		seconds := eta.Seconds()
		v.ETASeconds = &seconds
	}
	return v, nil
}

// beat returns how far apart the runs of an import begin, and whether they begin
// by themselves while files wait. Runs in a row are no time apart.
func beat(in *def.Import, now time.Time) (every time.Duration, begins bool, err error) {
	if in.MaxFiles == 0 {
		return 0, true, nil
	}
	ticks, err := schedule.Next(in.Schedule, now, 2)
	if err != nil || len(ticks) < 2 {
		return 0, false, err
	}
	return ticks[1].Sub(ticks[0]), true, nil
}

// pace sums up the latest runs that read files.
func (s *server) pace(ctx context.Context, subject ledger.Subject) (p plan.Pace, err error) {
	looked, counted := 0, 0
	for id, err := range s.Ledger.History(ctx, subject) {
		if err != nil {
			return p, err
		}
		if looked++; looked > 2*paceRuns || counted == paceRuns {
			break
		}
		r, err := s.Ledger.Run(ctx, id)
		if fault.Is(err, fault.NotFound) {
			continue // it was withdrawn
		}
		if err != nil {
			return p, err
		}
		if r.State == ledger.Done && r.Totals.Files > 0 && !r.StartedAt.IsZero() {
			counted++
			p.Files += r.Totals.Files
			p.Bytes += r.Totals.Bytes
			p.Took += r.FinishedAt.Sub(r.StartedAt)
		}
	}
	return p, nil
}
