package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

func (s *server) routesOfRuns() {
	handle(s, endpoint{
		method: http.MethodGet, path: "/runs", id: "list-runs", tag: "runs", errors: []int{404, 422},
		summary: "List runs, newest first", describe: "Of one sync, of one datasource and its backfills, of one backfill, or of all in the definitions in force and all backfills.",
	}, s.listRuns)
	handle(s, endpoint{
		method: http.MethodGet, path: "/runs/{id}", id: "show-run", tag: "runs", errors: []int{404},
		summary: "Show a run", describe: "With the progress of its parts, and the objects that it wrote.",
	}, s.showRun)
	handle(s, endpoint{
		method: http.MethodPost, path: "/runs/{id}/cancel", id: "cancel-run", tag: "runs", errors: []int{404, 409},
		summary: "Ask a run to stop", describe: "It ends soon after. A run that is committing can't be stopped and ends as done.",
	}, s.cancelRun)
	handle(s, endpoint{
		method: http.MethodGet, path: "/runs/{id}/manifest", id: "show-manifest", tag: "runs", errors: []int{404},
		summary: "Show what a run wrote, as the ledger keeps it", describe: "Objects with sizes, rows, checksums and pieces.",
	}, s.showManifest)
}

type listRunsInput struct {
	Sync       string `query:"sync" maxLength:"100" doc:"Only of this sync."`
	Datasource string `query:"datasource" maxLength:"100" doc:"Only of this datasource and its backfills."`
	Backfill   string `query:"backfill" maxLength:"100" doc:"Only of this backfill, which has one."`
	Limit      int    `query:"limit" minimum:"1" maximum:"200" default:"20"`
	Before     string `query:"before" maxLength:"26" doc:"Only runs older than this one: the last id of the page before."`
}

type listRunsOutput struct {
	Body struct {
		Runs []Run  `json:"runs" doc:"Newest first."`
		Next string `json:"next,omitempty" doc:"What to give as before for the next page; absent on the last."`
	}
}

func (s *server) listRuns(ctx context.Context, in *listRunsInput) (*listRunsOutput, error) {
	subjects, err := s.subjectsOf(ctx, in)
	if err != nil {
		return nil, err
	}
	found := make([][]ledger.RunID, len(subjects))
	err = each(ctx, len(subjects), func(ctx context.Context, i int) (err error) {
		found[i], err = s.history(ctx, subjects[i], ledger.RunID(in.Before), in.Limit+1)
		return err
	})
	if err != nil {
		return nil, err
	}
	ids := slices.Concat(found...)
	slices.SortFunc(ids, func(a, b ledger.RunID) int { return strings.Compare(string(b), string(a)) })
	out := &listRunsOutput{}
	if len(ids) > in.Limit {
		ids = ids[:in.Limit]
		out.Body.Next = string(ids[in.Limit-1])
	}
	out.Body.Runs, err = s.readRuns(ctx, ids)
	return out, err
}

// subjectsOf returns whose runs are asked for.
func (s *server) subjectsOf(ctx context.Context, in *listRunsInput) ([]ledger.Subject, error) {
	var one []ledger.Subject
	for _, s := range []ledger.Subject{{Kind: ledger.Export, Name: in.Sync}, {Kind: ledger.Ingest, Name: in.Datasource}, {Kind: ledger.Backfill, Name: in.Backfill}} {
		if s.Name != "" {
			one = append(one, s)
		}
	}
	if len(one) > 1 {
		return nil, fault.New(fault.Invalid, "give one of sync, datasource and backfill")
	}
	if len(one) == 1 && one[0].Kind == ledger.Backfill {
		_, _, err := s.readBackfill(ctx, in.Backfill)
		return one, err
	}
	p, _, err := s.definitions(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case len(one) == 0:
		one = allSubjects(p)
	default:
		if err := s.everKnown(ctx, p, one[0]); err != nil || in.Sync != "" {
			return one, err
		}
	}
	fills, err := s.backfillsOf(ctx, in.Datasource)
	return append(one, fills...), err
}

// everKnown returns nil for a subject of the project, and for one that was deleted
// but had runs.
func (s *server) everKnown(ctx context.Context, p *def.Project, subject ledger.Subject) error {
	missing := known(p, subject)
	if missing == nil || !nameShape.MatchString(subject.Name) {
		return missing
	}
	old, err := s.history(ctx, subject, "", 1)
	if err == nil && len(old) == 0 {
		return missing
	}
	return err
}

// backfillsOf returns the backfills of a datasource, or all where it is empty.
func (s *server) backfillsOf(ctx context.Context, datasource string) (all []ledger.Subject, err error) {
	for name, err := range s.Ledger.Backfills(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, ledger.Subject{Kind: ledger.Backfill, Name: name})
	}
	if datasource == "" {
		return all, nil
	}
	of := make([]string, len(all))
	err = each(ctx, len(all), func(ctx context.Context, i int) error {
		rec, err := s.Ledger.Backfill(ctx, all[i].Name)
		of[i] = rec.Datasource
		return err
	})
	var own []ledger.Subject
	for i, b := range all {
		if of[i] == datasource {
			own = append(own, b)
		}
	}
	return own, err
}

// history returns the newest n runs of a subject, of those before the given one.
func (s *server) history(ctx context.Context, subject ledger.Subject, before ledger.RunID, n int) ([]ledger.RunID, error) {
	var ids []ledger.RunID
	for id, err := range s.Ledger.History(ctx, subject) {
		if err != nil {
			return nil, err
		}
		if before != "" && id >= before {
			continue
		}
		if ids = append(ids, id); len(ids) == n {
			break
		}
	}
	return ids, nil
}

// readRuns reads runs, and leaves out those that were withdrawn meanwhile.
func (s *server) readRuns(ctx context.Context, ids []ledger.RunID) ([]Run, error) {
	read := make([]ledger.Run, len(ids))
	err := each(ctx, len(ids), func(ctx context.Context, i int) (err error) {
		read[i], err = s.Ledger.Run(ctx, ids[i])
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		return err
	})
	runs := make([]Run, 0, len(ids))
	for _, r := range read {
		if r.ID != "" {
			runs = append(runs, viewRun(r, s.Ledger.Now()))
		}
	}
	return runs, err
}

type runInput struct {
	ID string `path:"id" maxLength:"100" doc:"The run's id."`
}

var runShape = regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{26}$`)

// readRun reads a run by an id that anybody may have typed.
func (s *server) readRun(ctx context.Context, id string) (ledger.Run, error) {
	if id = strings.ToUpper(id); !runShape.MatchString(id) {
		return ledger.Run{}, fault.WithRemedy(fault.New(fault.NotFound, "there is no run %q", id), "longshore run ls lists the runs")
	}
	return s.Ledger.Run(ctx, ledger.RunID(id))
}

type runOutput struct{ Body Run }

func (s *server) cancelRun(ctx context.Context, in *runInput) (*runOutput, error) {
	r, err := s.readRun(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.Ledger.RequestCancel(ctx, r.ID); err != nil {
		return nil, err
	}
	s.wake(ctx, r.ID)
	return &runOutput{viewRun(r, s.Ledger.Now())}, nil
}

// wake has the producer that leads look at a run, be it this one or another.
// It looks by itself soon, so what goes wrong is only told.
func (s *server) wake(ctx context.Context, id ledger.RunID) {
	if s.Started != nil {
		s.Started(id)
	}
	if err := s.Queue.Notify(ctx, string(id)); err != nil && ctx.Err() == nil {
		s.Log.Warn("leader not notified", zap.String("run", string(id)), zap.Error(err))
	}
}

type manifestOutput struct {
	ContentType string `header:"Content-Type"`
	Body        json.RawMessage
}

func (s *server) showManifest(ctx context.Context, in *runInput) (*manifestOutput, error) {
	r, err := s.readRun(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &manifestOutput{ContentType: "application/json"}
	err = s.Ledger.Manifest(ctx, r.ID, &out.Body)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "run %s has no manifest: it is %s", r.ID, r.State)
	}
	return out, err
}

// errNoRun is the absence of a run where one may be absent.
var errNoRun = errors.New("no run")

// briefRun reads a run for the summary of its subject. The error is errNoRun
// when there is none.
func (s *server) briefRun(ctx context.Context, id ledger.RunID) (*Run, error) {
	if id == "" {
		return nil, errNoRun
	}
	r, err := s.Ledger.Run(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return nil, errNoRun
	}
	if err != nil {
		return nil, err
	}
	v := viewRun(r, s.Ledger.Now())
	return &v, nil
}
