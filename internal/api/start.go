package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

type startInput struct {
	Name string        `path:"name" maxLength:"100"`
	Key  string        `header:"Idempotency-Key" maxLength:"200" doc:"Any text of the caller's. The same key of the same sync or datasource names the same run for ever."`
	Body *StartRequest `doc:"May be left out."`
}

// StartRequest says more about a trigger.
type StartRequest struct {
	By string `json:"by,omitempty" enum:"manual,api" default:"api" doc:"Whether a person asked."`
	// FullResync and ResetBaseline are for syncs in mode insert or diff, and
	// exclude each other.
	FullResync    bool `json:"full_resync,omitempty" doc:"Send every row, whatever was sent before; in mode diff also those that are gone since. Syncs in mode insert or diff only."`
	ResetBaseline bool `json:"reset_baseline,omitempty" doc:"Take the rows of now for those that were sent last, and write nothing. Syncs in mode insert or diff only."`
}

// StartResult is what a trigger came to.
type StartResult struct {
	Run     Run  `json:"run"`
	Created bool `json:"created" doc:"Whether this request made the run."`
	// Note says why no run was made.
	Note string `json:"note,omitempty" doc:"Why no run was made."`
}

type startOutput struct {
	Status int
	Body   StartResult
}

// start makes a run of a subject, or returns the one that does for it.
func (s *server) start(ctx context.Context, kind ledger.Kind, in *startInput) (*startOutput, error) {
	subject, p, project, err := s.subject(ctx, kind, in.Name)
	if err != nil {
		return nil, err
	}
	by, err := triggerOf(in.Body, p, subject)
	if err != nil {
		return nil, err
	}
	return s.trigger(ctx, subject, p, project, by, in.Key)
}

// trigger makes a run of a subject, or returns the one that does for it.
func (s *server) trigger(ctx context.Context, subject ledger.Subject, p *def.Project, project ledger.ProjectID, by ledger.Trigger, key string) (*startOutput, error) {
	if err := runnable(p, subject); err != nil {
		return nil, err
	}
	begun := s.Ledger.Now()
	r, err := s.Ledger.Create(ctx, subject, project, by, userKey(key))
	queued := errors.Is(err, ledger.ErrAlreadyQueued)
	if err != nil && !queued {
		return nil, err
	}
	s.wake(ctx, r.ID)
	if err := serves(r, by, queued); err != nil {
		return nil, err
	}
	out := &startOutput{Status: http.StatusOK, Body: StartResult{Run: viewRun(r, s.Ledger.Now())}}
	switch {
	case queued:
		out.Body.Note = "a run is active and another one is queued: the queued run does for this request too"
		if words := purpose(r.Trigger); words != "" {
			out.Body.Note += " (" + words + ")"
		}
	case r.CreatedAt.Before(begun):
		out.Body.Note = "this Idempotency-Key was used before: it names this run"
	default:
		out.Status, out.Body.Created = http.StatusCreated, true
	}
	return out, nil
}

// userKey keeps callers' keys apart from those of the schedule.
func userKey(key string) string {
	if key == "" {
		return ""
	}
	return "user " + key
}

// runnable refuses a datasource that reads no files.
func runnable(p *def.Project, subject ledger.Subject) error {
	if subject.Kind != ledger.Ingest {
		return nil
	}
	if p.Datasources[subject.Name].Import != nil {
		return nil
	}
	return fault.WithRemedy(fault.New(fault.Invalid, "datasource %s imports nothing", subject.Name), "add IMPORT_SERVICE and what belongs to it")
}
