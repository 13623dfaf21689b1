package api

import (
	"time"

	"github.com/longshore/longshore/internal/ledger"
)

// Run is one execution of a sync, a datasource or a backfill.
type Run struct {
	ID   string `json:"id" doc:"Ids sort by the time of creation."`
	Kind string `json:"kind" enum:"sync,datasource,backfill" doc:"What it is a run of."`
	Name string `json:"name" doc:"Of the sync, datasource or backfill."`
	// Datasource is set for backfills.
	Datasource string  `json:"datasource,omitempty" doc:"The datasource whose files a backfill brings in; absent for other runs."`
	State      string  `json:"state" enum:"queued,planning,running,committing,done,failed,canceled"`
	Trigger    Trigger `json:"trigger"`
	Project    string  `json:"project" doc:"The version of the definitions it goes by."`
	Epoch      int     `json:"epoch" doc:"Counts its plans from 1; 0 before the first."`
	Parts      int     `json:"parts" doc:"How many parts the plan has."`
	Totals     Totals  `json:"totals" doc:"Of all parts; complete when the run is done."`
	// Failure is set when the run failed.
	Failure    *Failure   `json:"failure,omitempty"`
	Note       string     `json:"note,omitempty" doc:"What people are to know of the run though it did not fail for it."`
	CreatedAt  time.Time  `json:"created_at"`
	StartedAt  *time.Time `json:"started_at,omitempty"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
	Seconds    float64    `json:"seconds" doc:"From its start to its end, or until now."`
}

// Ended reports whether the run changes no more.
func (r Run) Ended() bool { return ledger.State(r.State).Final() }

// Trigger is what asked for a run.
type Trigger struct {
	By       string     `json:"by" enum:"manual,schedule,after,api,event"`
	Tick     *time.Time `json:"tick,omitempty" doc:"The time on the schedule that was due."`
	Upstream string     `json:"upstream,omitempty" doc:"The id of the run that it follows, of another sync, a datasource or a backfill."`
	// Baseline is set when the run does something else with it than to compare.
	Baseline string `json:"baseline,omitempty" enum:"full resync,baseline reset" doc:"What the run of a sync does with the rows that were sent last; absent: it sends what differs."`
	// Purpose is set when the run does something else than its subject is for.
	Purpose string  `json:"purpose,omitempty" doc:"What the run does instead of sending rows that differ or taking new files, for people."`
	Replay  *Replay `json:"replay,omitempty" doc:"Set when the run of a datasource tries quarantined rows again."`
	Verify  *Verify `json:"verify,omitempty" doc:"Set when the run of a datasource compares its table with the file ledger."`
}

// Totals is how much a run did.
type Totals struct {
	Rows        int64 `json:"rows"`
	Bytes       int64 `json:"bytes" doc:"Of objects written, or of files read."`
	Files       int64 `json:"files" doc:"Objects written, or files read."`
	Quarantined int64 `json:"quarantined" doc:"Rows."`
	FailedFiles int64 `json:"failed_files"`
	// SkippedFiles is of datasources and backfills.
	SkippedFiles int64 `json:"skipped_files,omitempty" doc:"Files that were left to another run that has them in hand."`
}

// Failure is why a run, or a part of it, failed.
type Failure struct {
	Kind    string `json:"kind" enum:"unknown,temporary,throttled,denied,not_found,invalid,conflict,canceled"`
	Message string `json:"message" doc:"One line: the connection, what was done, what is wrong, the remedy."`
	Part    *int   `json:"part,omitempty" doc:"The part that failed; absent when it was the run as a whole."`
}

func viewRun(r ledger.Run, now time.Time) Run {
	v := Run{
		ID: string(r.ID), Kind: string(r.Subject.Kind), Name: r.Subject.Name, Datasource: r.Datasource, State: string(r.State),
		Trigger: viewTrigger(r.Trigger), Project: string(r.Project),
		Epoch: r.Epoch, Parts: r.Parts, Totals: Totals(r.Totals), Failure: viewFailure(r.Failure), Note: r.Note,
		CreatedAt: r.CreatedAt, StartedAt: moment(r.StartedAt), FinishedAt: moment(r.FinishedAt),
	}
	if !r.StartedAt.IsZero() {
		end := r.FinishedAt
		if end.IsZero() {
			end = now
		}
		v.Seconds = max(0, end.Sub(r.StartedAt).Seconds())
	}
	return v
}

func viewTrigger(t ledger.Trigger) Trigger {
	v := Trigger{By: t.By, Tick: moment(t.Tick), Upstream: string(t.Upstream), Baseline: baselineWords[t.Baseline], Purpose: purpose(t)}
	if t.Replay != nil {
		v.Replay = &Replay{Fingerprint: t.Replay.Fingerprint, File: t.Replay.Key}
	}
	if t.Verify != nil {
		v.Verify = &Verify{Repair: t.Verify.Repair, Remove: t.Verify.Remove}
	}
	return v
}

func viewFailure(f *ledger.Failure) *Failure {
	if f == nil {
		return nil
	}
	v := &Failure{Kind: f.Kind, Message: f.Message}
	if f.Part >= 0 {
		v.Part = &f.Part
	}
	return v
}

// moment is nil for a time that didn't come.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
