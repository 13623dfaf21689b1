package api

import (
	"time"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
)

// Backfill is a backfill and how far it is.
type Backfill struct {
	Name            string     `json:"name"`
	Datasource      string     `json:"datasource"`
	URI             string     `json:"uri" doc:"Which files it looks at."`
	From            *time.Time `json:"from,omitempty" doc:"Only files modified then or later."`
	To              *time.Time `json:"to,omitempty" doc:"Only files modified before."`
	State           string     `json:"state" enum:"queued,planning,running,paused,throttled,verifying,done,failed,canceled" doc:"throttled: no part begins for the reason that throttled has."`
	Run             string     `json:"run" doc:"The id of its run."`
	CancelRequested bool       `json:"cancel_requested,omitempty"`
	CreatedAt       time.Time  `json:"created_at"`
	StartedAt       *time.Time `json:"started_at,omitempty"`
	FinishedAt      *time.Time `json:"finished_at,omitempty"`
	PausedAt        *time.Time `json:"paused_at,omitempty" doc:"Since when no part may begin."`
	// Throttled is set while no part may begin although nobody paused.
	Throttled *Throttled     `json:"throttled,omitempty" doc:"Why no part begins for now."`
	Limits    BackfillLimits `json:"limits"`
	Found     BackfillFound  `json:"found" doc:"What planning found, or found so far."`
	Done      BackfillDone   `json:"done" doc:"What the parts that are done did."`
	UnderWay  UnderWay       `json:"under_way" doc:"What parts that aren't done did so far; only where one backfill is shown."`
	// BytesPerSecond is of late.
	BytesPerSecond float64  `json:"bytes_per_second" doc:"Over the last five minutes, pauses excluded; 0 where nothing is known."`
	ActiveSeconds  float64  `json:"active_seconds" doc:"How long parts were let begin, pauses excluded."`
	SecondsLeft    *float64 `json:"seconds_left,omitempty" doc:"At that rate, once it runs; absent where nothing is known."`
	// Verified is set when the backfill is done.
	Verified *Verified `json:"verified,omitempty" doc:"How the file ledger compares with what was planned."`
	Failure  *Failure  `json:"failure,omitempty"`
}

// Ended reports whether the backfill changes no more.
func (b Backfill) Ended() bool { return ledger.State(b.State).Final() }

// Throttled is why a backfill waits.
type Throttled struct {
	Since time.Time `json:"since"`
	Why   string    `json:"why" doc:"One line, with numbers."`
}

// BackfillLimits is from where on a backfill waits.
type BackfillLimits struct {
	MaxParts          int64 `json:"max_parts" doc:"Active parts of the table's fullest partition."`
	MaxMerges         int64 `json:"max_merges" doc:"Merges of the table under way."`
	MaxBytesPerSecond int64 `json:"max_bytes_per_second,omitempty" doc:"Of files as stored; absent: as fast as it goes."`
}

// BackfillFound is what a listing found.
type BackfillFound struct {
	Files    int64 `json:"files" doc:"To ingest."`
	Bytes    int64 `json:"bytes" doc:"Of these, as stored."`
	Known    int64 `json:"known" doc:"Files that were ingested before, or left alone as overwritten."`
	Held     int64 `json:"held" doc:"Files that another run has in hand: another backfill claimed them, or the datasource began to ingest them in ranges."`
	Complete bool  `json:"complete" doc:"Whether all files were listed."`
}

// BackfillDone is what parts did.
type BackfillDone struct {
	Parts      int `json:"parts"`
	TotalParts int `json:"total_parts" doc:"0 until it is planned."`
	Totals
}

// UnderWay is what parts that aren't done did, as Redis was told last.
type UnderWay struct {
	Parts int   `json:"parts"`
	Rows  int64 `json:"rows"`
	Stale bool  `json:"stale,omitempty" doc:"Redis does not answer."`
}

// Verified is how the file ledger compares with what was planned.
type Verified struct {
	At      time.Time `json:"at"`
	OK      bool      `json:"ok" doc:"Every file is in the file ledger, with the rows that the parts counted."`
	Totals  Totals    `json:"totals" doc:"The sums of the file ledger over the backfill's files."`
	Missing int64     `json:"missing" doc:"Files that the file ledger lacks."`
	Proved  int64     `json:"proved" doc:"Files whose rows in the table were counted and are as many as the file ledger says; 0 where the table may forget rows, or they don't know their file."`
	Note    string    `json:"note,omitempty"`
}

// viewBackfill puts together the record of a backfill and its run.
func viewBackfill(rec ledger.BackfillRecord, r ledger.Run) Backfill {
	v := Backfill{
		Name: rec.Name, Datasource: rec.Datasource, URI: rec.URI, From: moment(rec.From), To: moment(rec.To), State: string(r.State),
		Run: string(rec.Run), CreatedAt: rec.CreatedAt, StartedAt: moment(r.StartedAt), FinishedAt: moment(r.FinishedAt),
		Limits: BackfillLimits(rec.Limits), Found: BackfillFound(rec.Found), BytesPerSecond: rec.Pace.Rate(), ActiveSeconds: rec.Pace.Active.Seconds(),
		Done: BackfillDone{rec.DoneParts, r.Parts, Totals(rec.Done)}, Failure: viewFailure(r.Failure),
	}
	if rec.Verdict != nil {
		v.Verified = &Verified{rec.Verdict.At, rec.Verdict.OK, Totals(rec.Verdict.Totals), rec.Verdict.Missing, rec.Verdict.Proved, rec.Verdict.Note}
	}
	if r.State.Final() {
		return v
	}
	v.PausedAt = moment(rec.PausedAt)
	switch {
	case r.State == ledger.Committing:
		v.State = "verifying"
	case r.State != ledger.Running:
	case !rec.PausedAt.IsZero():
		v.State = "paused"
	case !rec.Throttled.IsZero():
		v.State = "throttled"
		v.Throttled = &Throttled{rec.Throttled.Since, rec.Throttled.Why}
	}
	if left, known := rec.Pace.Left(rec.Found.Bytes - rec.Done.Bytes); known && r.State == ledger.Running {
		seconds := left.Seconds()
		v.SecondsLeft = &seconds
	}
	return v
}

// add counts the parts that are under way, by what Redis was told of them.
func (u *UnderWay) add(live map[int]queue.Progress, epoch int) {
	for _, p := range live {
		if p.Epoch == epoch && p.Seen > 0 {
			u.Parts++
			u.Rows += p.Rows
		}
	}
}
