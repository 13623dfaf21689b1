package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// Sync is a sync as lists show it.
type Sync struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Model       string   `json:"model"`
	Source      string   `json:"source" doc:"The connection that the model reads."`
	Mode        string   `json:"mode" enum:"all,insert,diff"`
	Connection  string   `json:"connection" doc:"The connection that is written to."`
	Bucket      string   `json:"bucket,omitempty" doc:"Absent: the connection's."`
	Path        string   `json:"path" doc:"The template of the objects' keys."`
	Format      string   `json:"format" enum:"csv,json,ndjson,parquet"`
	Compression string   `json:"compression" enum:"none,gzip,zstd,snappy"`
	Parallelism int      `json:"parallelism" doc:"Parts of a run."`
	Schedule    Schedule `json:"schedule"`
	Activity
}

// SyncDetail is a sync with its files.
type SyncDetail struct {
	Sync
	PrimaryKey []string `json:"primary_key" doc:"Of the model; empty when it names none."`
	SQL        string   `json:"sql" doc:"Of the model."`
	Columns    []string `json:"columns" doc:"What is written, as name or column→name; empty for all as returned."`
	File       File     `json:"file"`
	ModelFile  File     `json:"model_file"`
	// Baseline is absent before the first run of a sync in mode insert or diff is
	// done.
	Baseline *Baseline `json:"baseline,omitempty" doc:"What the next run compares with; absent in mode all, and before the first run is done."`
}

// Baseline is the rows that a sync sent last.
type Baseline struct {
	Run         string    `json:"run" doc:"The run that left it."`
	Mode        string    `json:"mode,omitempty" enum:"insert,diff" doc:"Of the sync at that time."`
	Rows        int64     `json:"rows"`
	CommittedAt time.Time `json:"committed_at"`
}

func (s *server) routesOfSyncs() {
	handle(s, endpoint{
		method: http.MethodGet, path: "/syncs", id: "list-syncs", tag: "syncs",
		summary: "List syncs", describe: "With schedule and runs, by name.",
	}, s.listSyncs)
	handle(s, endpoint{
		method: http.MethodGet, path: "/syncs/{name}", id: "show-sync", tag: "syncs", errors: []int{404},
		summary: "Show a sync", describe: "With its definition, and the model's.",
	}, s.showSync)
	s.routesOfSchedule(ledger.Export, "syncs")
}

type listSyncsOutput struct {
	Body struct {
		Syncs []Sync `json:"syncs" doc:"By name."`
	}
}

func (s *server) listSyncs(ctx context.Context, _ *struct{}) (*listSyncsOutput, error) {
	p, _, err := s.definitions(ctx)
	if err != nil {
		return nil, err
	}
	names := sorted(p.Syncs)
	out := &listSyncsOutput{}
	out.Body.Syncs = make([]Sync, len(names))
	return out, each(ctx, len(names), func(ctx context.Context, i int) (err error) {
		out.Body.Syncs[i], err = s.viewSync(ctx, p, p.Syncs[names[i]])
		return err
	})
}

func (s *server) viewSync(ctx context.Context, p *def.Project, d *def.Sync) (Sync, error) {
	to := d.Destination
	v := Sync{
		Name: d.Name, Description: d.Description, Model: d.Model, Mode: string(d.Mode), Connection: to.Connection, Bucket: to.Bucket,
		Path: to.Path, Format: string(to.Format), Compression: string(to.Compression), Parallelism: d.Parallelism,
	}
	if m := p.Models[d.Model]; m != nil {
		v.Source = m.Connection
	}
	rec, err := s.Ledger.Subject(ctx, ledger.Subject{Kind: ledger.Export, Name: d.Name})
	if err != nil {
		return v, err
	}
	if v.Schedule, err = viewSchedule(d.Schedule, rec, s.Ledger.Now()); err != nil {
		return v, err
	}
	v.Activity, err = s.activity(ctx, rec)
	return v, err
}

type showSyncOutput struct{ Body SyncDetail }

func (s *server) showSync(ctx context.Context, in *nameInput) (*showSyncOutput, error) {
	_, p, id, err := s.subject(ctx, ledger.Export, in.Name)
	if err != nil {
		return nil, err
	}
	d, m := p.Syncs[in.Name], p.Models[p.Syncs[in.Name].Model]
	out := &showSyncOutput{Body: SyncDetail{PrimaryKey: append([]string{}, m.PrimaryKey...), SQL: m.SQL, Columns: columnsOf(d)}}
	if out.Body.Sync, err = s.viewSync(ctx, p, d); err != nil {
		return nil, err
	}
	saved, err := s.Ledger.Project(ctx, id)
	if err != nil {
		return nil, err
	}
	out.Body.File, out.Body.ModelFile = fileOf(saved, d.Pos.File), fileOf(saved, m.Pos.File)
	out.Body.Baseline, err = s.baseline(ctx, d)
	return out, err
}

// baseline reads what a sync's next run compares with; nil is nothing.
func (s *server) baseline(ctx context.Context, d *def.Sync) (*Baseline, error) {
	if d.Mode == def.All {
		return nil, nil
	}
	var v Baseline
	run, err := s.Ledger.Baseline(ctx, d.Name, &v)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if v.Run = string(run); err != nil {
		return nil, err
	}
	return &v, nil
}

func columnsOf(d *def.Sync) []string {
	names := []string{}
	for _, c := range d.Columns {
		if c.As != c.Column {
			names = append(names, c.Column+"→"+c.As)
			continue
		}
		names = append(names, c.Column)
	}
	for _, f := range d.Mapping {
		names = append(names, f.Name)
	}
	return names
}

func sorted[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, strings.Compare)
	return names
}
