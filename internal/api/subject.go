package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/schedule"
	"github.com/longshore/longshore/pkg/fault"
)

// Schedule says what starts runs.
type Schedule struct {
	Kind string      `json:"kind" enum:"manual,interval,cron,after,auto,on-demand"`
	Text string      `json:"text" doc:"For people, such as: every 15m"`
	Zone string      `json:"zone,omitempty" doc:"The IANA name of the zone that a cron expression is in."`
	Next []time.Time `json:"next" doc:"When the next runs begin, in the schedule's zone; empty for schedules that no clock drives, and while paused. The first is now when a run is due."`
	// After is set for schedules of that kind.
	After *Upstream `json:"after,omitempty" doc:"Whose runs are followed."`
	// CatchUp is set for intervals and cron.
	CatchUp string `json:"catch_up,omitempty" enum:"latest,skip" doc:"What becomes of times that no producer dealt with within two minutes: one run for all of them, or none."`
	// PausedAt is set while the schedule is paused.
	PausedAt *time.Time `json:"paused_at,omitempty" doc:"Set while the schedule is paused: runs start by hand only."`
	// PausedWhy is set when no person paused it.
	PausedWhy string `json:"paused_why,omitempty" doc:"Why it is paused, when no person did so: the run, and what is wrong with it. Resume it when that is mended."`
}

// Upstream is a sync or datasource that another one runs after.
type Upstream struct {
	Kind string `json:"kind" enum:"sync,datasource"`
	Name string `json:"name"`
}

// Activity is what a sync or a datasource is doing and did last.
type Activity struct {
	Active *Run `json:"active,omitempty" doc:"The run under way."`
	Queued *Run `json:"queued,omitempty" doc:"The run that waits for it."`
	Last   *Run `json:"last,omitempty" doc:"The run that ended last."`
}

// nextTimes is how many times of a schedule are told.
const nextTimes = 5

func viewSchedule(d def.Schedule, rec ledger.SubjectRecord, now time.Time) (Schedule, error) {
	v := Schedule{Kind: string(d.Kind), Text: scheduleText(d), Zone: d.Zone, Next: []time.Time{}, PausedAt: moment(rec.PausedAt), PausedWhy: rec.PausedWhy}
	if up := schedule.Upstream(d); up != (ledger.Subject{}) {
		v.After = &Upstream{Kind: string(up.Kind), Name: up.Name}
	}
	if d.Kind == def.Interval || d.Kind == def.Cron {
		v.CatchUp = "latest"
		if d.CatchUp != def.CatchUpLatest {
			v.CatchUp = string(d.CatchUp)
		}
	}
	if !rec.PausedAt.IsZero() {
		return v, nil
	}
	next, err := schedule.Upcoming(d, rec, now, nextTimes)
	if err != nil {
		return v, err
	}
	zone, err := time.LoadLocation(d.Zone) // of "" it is UTC
	for _, t := range next {
		v.Next = append(v.Next, t.In(zone))
	}
	return v, err
}

func scheduleText(d def.Schedule) string {
	switch d.Kind {
	case def.Interval:
		return "every " + shortDuration(d.Every) + catchUpText(d)
	case def.Cron:
		return fmt.Sprintf("cron %s (%s)", d.Cron, d.Zone) + catchUpText(d)
	case def.After:
		return "after " + d.After.String()
	case def.Auto:
		return "@auto: every minute"
	case def.OnDemand:
		return "@on-demand"
	case def.Manual:
	}
	return "manual"
}

func catchUpText(d def.Schedule) string {
	if d.CatchUp == def.CatchUpSkip {
		return ", skips missed times"
	}
	return ""
}

var zeroUnits = regexp.MustCompile(`(\D)(?:0m)?0s$`)

// shortDuration is 15m, not 15m0s.
func shortDuration(d time.Duration) string {
	return zeroUnits.ReplaceAllString(d.String(), "$1")
}

// definitions returns those in force, empty before the first push.
func (s *server) definitions(ctx context.Context) (*def.Project, ledger.ProjectID, error) {
	id, err := s.Ledger.CurrentProjectID(ctx)
	if err != nil {
		return nil, "", err
	}
	if id == "" {
		return &def.Project{}, "", nil
	}
	p, err := s.Project(ctx, id)
	return p, id, err
}

// subject finds a sync or datasource in the definitions in force.
func (s *server) subject(ctx context.Context, kind ledger.Kind, name string) (ledger.Subject, *def.Project, ledger.ProjectID, error) {
	subject := ledger.Subject{Kind: kind, Name: name}
	p, id, err := s.definitions(ctx)
	if err == nil {
		err = known(p, subject)
	}
	return subject, p, id, err
}

// known returns nil for a subject of the project, else a NotFound that names the
// nearest one.
func known(p *def.Project, subject ledger.Subject) error {
	if subject.Kind == ledger.Export {
		return present(p, "sync", subject.Name, p.Syncs)
	}
	return present(p, "datasource", subject.Name, p.Datasources)
}

func present[T any](p *def.Project, what, name string, all map[string]*T) error {
	if all[name] != nil {
		return nil
	}
	err := fault.New(fault.NotFound, "there is no %s %q", what, name)
	if near, ok := def.Nearest(name, sorted(all)); ok {
		return fault.WithRemedy(err, "did you mean %q?", near)
	}
	if len(p.Connections)+len(p.Syncs)+len(p.Datasources) == 0 {
		return fault.WithRemedy(err, "nothing was pushed yet; use longshore push")
	}
	return fault.WithRemedy(err, "longshore %s ls lists what was pushed", what)
}

// activity reads the runs that a subject's record names.
func (s *server) activity(ctx context.Context, rec ledger.SubjectRecord) (Activity, error) {
	var a Activity
	for _, of := range []struct {
		id   ledger.RunID
		into **Run
	}{{rec.Active, &a.Active}, {rec.Queued, &a.Queued}, {rec.Last, &a.Last}} {
		r, err := s.briefRun(ctx, of.id)
		if err != nil && !errors.Is(err, errNoRun) {
			return a, err
		}
		*of.into = r
	}
	return a, nil
}

var nameShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

func allSubjects(p *def.Project) []ledger.Subject {
	var all []ledger.Subject
	for _, name := range sorted(p.Syncs) {
		all = append(all, ledger.Subject{Kind: ledger.Export, Name: name})
	}
	for _, name := range sorted(p.Datasources) {
		all = append(all, ledger.Subject{Kind: ledger.Ingest, Name: name})
	}
	return all
}

type nameInput struct {
	Name string `path:"name" maxLength:"100"`
}

type scheduleOutput struct{ Body Schedule }

// routesOfSchedule adds what syncs and datasources have in common: runs and
// pauses.
func (s *server) routesOfSchedule(kind ledger.Kind, tag string) {
	handle(s, endpoint{
		method: http.MethodPost, path: "/" + tag + "/{name}/runs", id: "run-" + string(kind), tag: tag, errors: []int{404, 409, 422},
		summary: "Start a run of a " + string(kind), status: http.StatusCreated,
		describe: "201 with a new run; 200 with the run that this Idempotency-Key started before, or with the run that is queued already; 409 when that run does something else with the baseline.",
	}, func(ctx context.Context, in *startInput) (*startOutput, error) { return s.start(ctx, kind, in) })
	post := s.huma.OpenAPI().Paths[Prefix+"/"+tag+"/{name}/runs"].Post
	existing := *post.Responses["201"]
	existing.Description = "OK: the run was there already"
	post.Responses["200"] = &existing
	for _, pause := range []bool{true, false} {
		verb, text := "resume", "Let the schedule start runs again"
		if pause {
			verb, text = "pause", "Let runs start by hand only, until resumed"
		}
		handle(s, endpoint{
			method: http.MethodPost, path: "/" + tag + "/{name}/" + verb, id: verb + "-" + string(kind), tag: tag, errors: []int{404},
			summary: strings.ToUpper(verb[:1]) + verb[1:] + " the schedule of a " + string(kind), describe: text + ".",
		}, func(ctx context.Context, in *nameInput) (*scheduleOutput, error) {
			return s.setPaused(ctx, kind, in.Name, pause)
		})
	}
}

func (s *server) setPaused(ctx context.Context, kind ledger.Kind, name string, pause bool) (*scheduleOutput, error) {
	subject, p, _, err := s.subject(ctx, kind, name)
	if err != nil {
		return nil, err
	}
	rec, err := s.Ledger.UpdateSubject(ctx, subject, func(rec *ledger.SubjectRecord) error {
		switch {
		case !pause:
			rec.Resume()
		case rec.PausedAt.IsZero():
			rec.PausedAt = s.Ledger.Now()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	v, err := viewSchedule(scheduleOf(p, subject), rec, s.Ledger.Now())
	return &scheduleOutput{v}, err
}
