package api

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

type pushInput struct {
	DryRun bool `query:"dry_run" doc:"Check and compare, but change nothing."`
	Body   PushRequest
}

// PushRequest is a project.
type PushRequest struct {
	Files map[string]string `json:"files" doc:"The text of each file by its path, such as syncs/orders.yaml."`
	Base  *string           `json:"base,omitempty" doc:"The id of the version that the files were made from. When another one is in force, nothing is changed. Absent: whichever is in force."`
}

// PushResult is what a push changed, or would change.
type PushResult struct {
	Applied   bool              `json:"applied" doc:"False for a dry run, and when the files are those in force."`
	Base      string            `json:"base" doc:"The id of the version that was compared with."`
	Project   string            `json:"project" doc:"The id of the version that is in force now."`
	Changes   []Change          `json:"changes"`
	Schedules []SubjectSchedule `json:"schedules" doc:"Of each sync and datasource that is created or changed and doesn't start by hand only."`
}

// Change is one definition that a push creates, changes or deletes.
type Change struct {
	Action string   `json:"action" enum:"create,change,delete"`
	Kind   string   `json:"kind" enum:"connection,datasource,model,sync,settings"`
	Name   string   `json:"name" doc:"Empty for the settings."`
	Lines  []string `json:"lines" doc:"Of a change, a line per field; secrets are redacted."`
}

// SubjectSchedule is when runs of a sync or datasource would start.
type SubjectSchedule struct {
	Kind string `json:"kind" enum:"sync,datasource"`
	Name string `json:"name"`
	Schedule
}

type pushOutput struct{ Body PushResult }

func (s *server) push(ctx context.Context, in *pushInput) (*pushOutput, error) {
	current, err := s.Ledger.CurrentProject(ctx)
	if err != nil {
		return nil, err
	}
	if in.Body.Base != nil && *in.Body.Base != string(current.ID) {
		return nil, fault.WithRemedy(fault.New(fault.Conflict, "push: %q is in force, not %q", current.ID, *in.Body.Base),
			"somebody else pushed meanwhile; get their changes and push again")
	}
	files := make(map[string][]byte, len(in.Body.Files))
	for path, text := range in.Body.Files {
		files[path] = []byte(text)
	}
	pushed, problems := def.Parse(files)
	if s.Supported != nil {
		problems = append(problems, s.Supported(pushed)...)
	}
	if len(problems) > 0 {
		return nil, mistakes(problems)
	}
	before, _ := def.Parse(current.Files) // mistakes there are those of another version of us
	plan := def.Diff(before, pushed)
	out := &pushOutput{PushResult{Base: string(current.ID), Project: string(current.ID), Changes: viewPlan(plan)}}
	if out.Body.Schedules, err = s.schedules(ctx, pushed, plan); err != nil {
		return nil, err
	}
	same := current.ID != "" && maps.EqualFunc(current.Files, files, bytes.Equal)
	if in.DryRun || same {
		return out, nil
	}
	saved, err := s.Ledger.SaveProject(ctx, files, current.ID)
	if err != nil {
		return nil, err
	}
	out.Body.Applied, out.Body.Project = true, string(saved.ID)
	return out, nil
}

func viewPlan(plan def.Plan) []Change {
	changes := make([]Change, len(plan))
	for i, c := range plan {
		changes[i] = Change{Action: string(c.Action), Kind: string(c.Kind), Name: c.Name, Lines: append([]string{}, c.Lines...)}
	}
	return changes
}

// schedules returns the next times of what a push creates or changes.
func (s *server) schedules(ctx context.Context, p *def.Project, plan def.Plan) ([]SubjectSchedule, error) {
	subjects := slices.DeleteFunc(allSubjects(p), func(subject ledger.Subject) bool {
		return !slices.ContainsFunc(plan, func(c def.Changed) bool { return string(c.Kind) == string(subject.Kind) && c.Name == subject.Name })
	})
	all := make([]SubjectSchedule, len(subjects))
	err := each(ctx, len(subjects), func(ctx context.Context, i int) error {
		subject := subjects[i]
		rec, err := s.Ledger.Subject(ctx, subject)
		if err != nil {
			return err
		}
		v, err := viewSchedule(scheduleOf(p, subject), rec, s.Ledger.Now())
		all[i] = SubjectSchedule{Kind: string(subject.Kind), Name: subject.Name, Schedule: v}
		return err
	})
	return slices.DeleteFunc(all, func(v SubjectSchedule) bool {
		return len(v.Next) == 0 && v.After == nil && v.PausedAt == nil
	}), err
}

func scheduleOf(p *def.Project, subject ledger.Subject) def.Schedule {
	if subject.Kind == ledger.Export {
		return p.Syncs[subject.Name].Schedule
	}
	return importSchedule(p.Datasources[subject.Name])
}
