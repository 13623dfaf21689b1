package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/fault"
)

func (s *server) routesOfBackfills() {
	const tag, one = "backfills", "/backfills/{name}"
	handle(s, endpoint{
		method: http.MethodGet, path: "/backfills", id: "list-backfills", tag: tag,
		summary: "List backfills", describe: "By name, those that ended too.",
	}, s.listBackfills)
	handle(s, endpoint{
		method: http.MethodPost, path: "/backfills", id: "create-backfill", tag: tag, errors: []int{404, 409, 422}, status: http.StatusCreated,
		summary: "Create a backfill", describe: "It begins at once. 201 with a new one; 200 with the one that this Idempotency-Key created before; 409 where the name is taken.",
	}, s.createBackfill)
	post := s.huma.OpenAPI().Paths[Prefix+"/backfills"].Post
	existing := *post.Responses["201"]
	existing.Description = "OK: the backfill was there already"
	post.Responses["200"] = &existing
	handle(s, endpoint{
		method: http.MethodPost, path: "/backfills/plan", id: "plan-backfill", tag: tag, errors: []int{404, 422, 502}, within: slow,
		summary: "Say what a backfill would do", describe: "Lists the files for up to 90 seconds, and where the datasource took in too little so far reads the beginnings of up to 16 of them for up to 20; changes nothing.",
	}, s.planBackfill)
	handle(s, endpoint{
		method: http.MethodGet, path: one, id: "show-backfill", tag: tag, errors: []int{404},
		summary: "Show a backfill", describe: "How far it is, how long the rest takes, and why it waits.",
	}, s.showBackfill)
	for verb, text := range map[string]string{
		"pause":  "No part begins any more; those under way end before their next chunk. 409 when it has ended.",
		"resume": "Parts begin again where they were left off. 409 when it has ended.",
		"cancel": "It ends soon after, and files that it didn't begin are free for others. 409 when it has ended.",
	} {
		handle(s, endpoint{
			method: http.MethodPost, path: one + "/" + verb, id: verb + "-backfill", tag: tag, errors: []int{404, 409},
			summary: strings.ToUpper(verb[:1]) + verb[1:] + " a backfill", describe: text,
		}, func(ctx context.Context, in *nameInput) (*backfillOutput, error) { return s.steer(ctx, in.Name, verb) })
	}
}

// BackfillRequest says which old files a backfill is to bring in.
type BackfillRequest struct {
	Datasource string     `json:"datasource" maxLength:"100"`
	URI        string     `json:"uri,omitempty" maxLength:"2000" doc:"s3://bucket/path, with the patterns of IMPORT_BUCKET_URI; in the datasource's bucket. Absent: the datasource's files."`
	From       *time.Time `json:"from,omitempty" doc:"Only files modified then or later."`
	To         *time.Time `json:"to,omitempty" doc:"Only files modified before."`
	Name       string     `json:"name,omitempty" pattern:"^[A-Za-z0-9_-]{1,100}$" doc:"Absent: the datasource's with a number."`
	By         string     `json:"by,omitempty" enum:"manual,api" default:"api" doc:"Whether a person asked."`
	// The limits; zero is the default.
	MaxParts          int64 `json:"max_parts,omitempty" minimum:"0" doc:"No part begins while a partition of the table has so many active parts. 0 is 300: ClickHouse slows INSERTs down from 1000 on."`
	MaxMerges         int64 `json:"max_merges,omitempty" minimum:"0" doc:"No part begins while so many merges of the table are under way. 0 is 16, as many as ClickHouse has threads for."`
	MaxBytesPerSecond int64 `json:"max_bytes_per_second,omitempty" minimum:"0" doc:"Of files as stored, on average; 0 is as fast as it goes."`
}

// The limits of a backfill that names none. Parts: far from where ClickHouse
// slows the INSERTs of everybody down, which is parts_to_delay_insert, 1000 unless
// set otherwise. Merges: as many as background_pool_size, 16 unless set otherwise.
const (
	defaultMaxParts  = 300
	defaultMaxMerges = 16
)

// BackfillPlan is what a backfill would do.
type BackfillPlan struct {
	Found   BackfillFound `json:"found"`
	Parts   int64         `json:"parts" doc:"Into how many parts that ingest the run would be cut, about."`
	Inserts int64         `json:"inserts" doc:"How many INSERTs it takes at least; each makes a part of the table per partition."`
	// RateOf is absent where nothing is known; the rest is then, too.
	RateOf string `json:"rate_of,omitempty" enum:"backfills,runs,sample" doc:"What the estimate rests on: the datasource's backfills so far, its last runs, or a sample of the files. Absent where nothing is known."`
	Runs   int    `json:"runs,omitempty" doc:"How many backfills or runs these are."`
	// Sample is set where that is what it rests on, or would be if a file could be read.
	Sample *BackfillSample `json:"sample,omitempty" doc:"What was read of some files."`
	// Slots is set with Sample.
	Slots          int      `json:"slots,omitempty" doc:"How many parts workers do of the queue backfill at a time, at present; an estimate by a sample counts with them, or with one where there are none."`
	Rows           *int64   `json:"rows,omitempty" doc:"About how many rows there are, those for quarantine among them."`
	Quarantined    *int64   `json:"quarantined,omitempty" doc:"About how many of the rows would go to quarantine."`
	Seconds        *float64 `json:"seconds,omitempty" doc:"How long it would take."`
	SecondsLow     *float64 `json:"seconds_low,omitempty" doc:"It would hardly take less."`
	SecondsHigh    *float64 `json:"seconds_high,omitempty" doc:"It would hardly take more."`
	BytesPerSecond float64  `json:"bytes_per_second,omitempty" doc:"At that."`
}

// BackfillSample is what the beginnings of some files were read for.
type BackfillSample struct {
	Files       int    `json:"files" doc:"Of which the beginning was read."`
	Bytes       int64  `json:"bytes" doc:"Of these, as stored."`
	Rows        int64  `json:"rows"`
	Quarantined int64  `json:"quarantined" doc:"How many of the rows would go to quarantine."`
	Unreadable  int    `json:"unreadable,omitempty" doc:"How many of the files can't be ingested."`
	Why         string `json:"why,omitempty" doc:"Why the first of them can't."`
}

type backfillOutput struct{ Body Backfill }

type listBackfillsOutput struct {
	Body struct {
		Backfills []Backfill `json:"backfills" doc:"By name."`
	}
}

func (s *server) listBackfills(ctx context.Context, _ *struct{}) (*listBackfillsOutput, error) {
	var names []string
	for name, err := range s.Ledger.Backfills(ctx) {
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	out := &listBackfillsOutput{}
	out.Body.Backfills = make([]Backfill, len(names))
	return out, each(ctx, len(names), func(ctx context.Context, i int) (err error) {
		out.Body.Backfills[i], _, err = s.readBackfill(ctx, names[i])
		return err
	})
}

// readBackfill reads a backfill and its run by a name that anybody may have typed.
func (s *server) readBackfill(ctx context.Context, name string) (Backfill, ledger.Run, error) {
	missing := fault.WithRemedy(fault.New(fault.NotFound, "there is no backfill %q", name), "longshore backfill ls lists them")
	if !nameShape.MatchString(name) {
		return Backfill{}, ledger.Run{}, missing
	}
	rec, err := s.Ledger.Backfill(ctx, name)
	if fault.Is(err, fault.NotFound) {
		return Backfill{}, ledger.Run{}, missing
	}
	if err != nil {
		return Backfill{}, ledger.Run{}, err
	}
	r, err := s.Ledger.Run(ctx, rec.Run)
	if fault.Is(err, fault.NotFound) { // its creator is between two puts
		r, err = ledger.Run{ID: rec.Run, State: ledger.Queued}, nil
	}
	return viewBackfill(rec, r), r, err
}

func (s *server) showBackfill(ctx context.Context, in *nameInput) (*backfillOutput, error) {
	v, r, err := s.readBackfill(ctx, in.Name)
	if err != nil || v.Ended() {
		return &backfillOutput{v}, err
	}
	if v.CancelRequested, err = s.Ledger.CancelRequested(ctx, r.ID); err != nil {
		return nil, err
	}
	live, err := s.Queue.Progress(ctx, string(r.ID))
	if err != nil {
		s.Log.Warn("progress not read", zap.String("run", string(r.ID)), zap.Error(err))
		v.UnderWay.Stale = true
	}
	v.UnderWay.add(live, r.Epoch)
	return &backfillOutput{v}, nil
}

type backfillInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"Any text of the caller's. The same key names the same backfill for ever."`
	Body BackfillRequest
}

type createBackfillOutput struct {
	Status int
	Body   Backfill
}

func (s *server) createBackfill(ctx context.Context, in *backfillInput) (*createBackfillOutput, error) {
	rec, project, err := s.requested(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	by := ledger.Trigger{By: in.Body.By}
	rec, made, err := s.Ledger.CreateBackfill(ctx, rec, project, by, userKey(in.Key))
	if err != nil {
		return nil, err
	}
	s.wake(ctx, rec.Run)
	v, _, err := s.readBackfill(ctx, rec.Name)
	out := &createBackfillOutput{Status: http.StatusOK, Body: v}
	if made {
		out.Status = http.StatusCreated
	}
	return out, err
}

// requested checks a request against the definitions in force.
func (s *server) requested(ctx context.Context, in BackfillRequest) (ledger.BackfillRecord, ledger.ProjectID, error) {
	rec := ledger.BackfillRecord{Name: in.Name, Datasource: in.Datasource, URI: in.URI, Limits: ledger.BackfillLimits{
		MaxParts: in.MaxParts, MaxMerges: in.MaxMerges, MaxBytesPerSecond: in.MaxBytesPerSecond,
	}}
	subject, p, id, err := s.subject(ctx, ledger.Ingest, in.Datasource)
	if err == nil {
		err = runnable(p, subject)
	}
	if err != nil {
		return rec, id, err
	}
	own := p.Datasources[in.Datasource].Import.BucketURI
	if rec.URI == "" {
		rec.URI = own
	}
	if err := sameBucket(own, rec.URI); err != nil {
		return rec, id, err
	}
	if in.From != nil {
		rec.From = in.From.UTC()
	}
	if in.To != nil {
		rec.To = in.To.UTC()
	}
	if in.From != nil && in.To != nil && !rec.From.Before(rec.To) {
		return rec, id, fault.New(fault.Invalid, "no file is modified from %s and before %s", rec.From.Format(time.RFC3339), rec.To.Format(time.RFC3339))
	}
	if rec.Limits.MaxParts == 0 {
		rec.Limits.MaxParts = defaultMaxParts
	}
	if rec.Limits.MaxMerges == 0 {
		rec.Limits.MaxMerges = defaultMaxMerges
	}
	return rec, id, nil
}

// sameBucket refuses files of another bucket than the datasource's.
func sameBucket(own, wanted string) error {
	mine, err := plan.ParsePattern(own)
	if err != nil {
		return err
	}
	theirs, err := plan.ParsePattern(wanted)
	if err != nil || theirs.Bucket == mine.Bucket {
		return err
	}
	return fault.WithRemedy(fault.New(fault.Invalid, "%s is in another bucket than the datasource's, %s", wanted, mine.Bucket),
		"files are known by their key: copy them there, or make a datasource of their own")
}

type planBackfillInput struct{ Body BackfillRequest }

type planBackfillOutput struct{ Body BackfillPlan }

func (s *server) planBackfill(ctx context.Context, in *planBackfillInput) (*planBackfillOutput, error) {
	if s.PlanBackfill == nil {
		return nil, fault.New(fault.Invalid, "this producer can't plan backfills")
	}
	rec, project, err := s.requested(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	p, err := s.PlanBackfill(ctx, project, rec)
	return &planBackfillOutput{p}, abroad(err)
}

// steer pauses, resumes or cancels a backfill that hasn't ended.
func (s *server) steer(ctx context.Context, name, verb string) (*backfillOutput, error) {
	v, r, err := s.readBackfill(ctx, name)
	if err != nil {
		return nil, err
	}
	if v.Ended() {
		return nil, fault.New(fault.Conflict, "backfill %s has ended: it is %s", name, v.State)
	}
	if verb == "cancel" {
		err = s.Ledger.RequestCancel(ctx, r.ID)
	} else {
		_, err = s.Ledger.PauseBackfill(ctx, name, verb == "pause")
	}
	if err != nil {
		return nil, err
	}
	s.wake(ctx, r.ID)
	return s.showBackfill(ctx, &nameInput{name})
}
