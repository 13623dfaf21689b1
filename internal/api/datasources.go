package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
)

// Datasource is a datasource as lists show it.
type Datasource struct {
	Name        string   `json:"name" doc:"Also the table's."`
	Description string   `json:"description,omitempty"`
	Target      string   `json:"target,omitempty" doc:"The ClickHouse connection; absent: the default one."`
	Connection  string   `json:"connection,omitempty" doc:"Where its files are; absent when it imports nothing."`
	BucketURI   string   `json:"bucket_uri,omitempty" doc:"Which files are its."`
	Format      string   `json:"format,omitempty" doc:"Absent: found out from each file."`
	MaxFiles    int      `json:"max_files" doc:"Of one run; 0 is unlimited."`
	Schedule    Schedule `json:"schedule"`
	Backlog     Backlog  `json:"backlog" doc:"What the last listing left for later runs."`
	// LastScanAt is when the bucket was last listed.
	LastScanAt *time.Time `json:"last_scan_at,omitempty" doc:"When the bucket was last listed."`
	Activity
}

// DatasourceDetail is a datasource with its table and its file.
type DatasourceDetail struct {
	Datasource
	Engine       string   `json:"engine"`
	SortingKey   string   `json:"sorting_key"`
	PartitionKey string   `json:"partition_key,omitempty"`
	TTL          string   `json:"ttl,omitempty"`
	Columns      []Column `json:"columns"`
	File         File     `json:"file"`
}

// Column is a column of a datasource.
type Column struct {
	Name    string `json:"name"`
	Type    string `json:"type" doc:"Of ClickHouse."`
	Path    string `json:"path,omitempty" doc:"Where its value is in a JSON row; absent: the field of its name."`
	Default string `json:"default,omitempty" doc:"SQL expression."`
	Added   *Added `json:"added,omitempty" doc:"Set for a column that is not in SCHEMA: files brought it."`
}

// Added is where a column came from that is not in SCHEMA.
type Added struct {
	File string    `json:"file" doc:"The key of the file that it was first seen in."`
	Run  string    `json:"run" doc:"The run that ingested it."`
	At   time.Time `json:"at" doc:"When the column was decided about."`
}

func (s *server) routesOfDatasources() {
	handle(s, endpoint{
		method: http.MethodGet, path: "/datasources", id: "list-datasources", tag: "datasources",
		summary: "List datasources", describe: "With schedule, backlog and runs, by name.",
	}, s.listDatasources)
	handle(s, endpoint{
		method: http.MethodGet, path: "/datasources/{name}", id: "show-datasource", tag: "datasources", errors: []int{404},
		summary: "Show a datasource", describe: "With its columns and its definition.",
	}, s.showDatasource)
	s.routesOfForesight()
	s.routesOfSchedule(ledger.Ingest, "datasources")
}

// importSchedule is that of the import, and manual where there is none.
func importSchedule(d *def.Datasource) def.Schedule {
	if d.Import == nil {
		return def.Schedule{Kind: def.Manual}
	}
	return d.Import.Schedule
}

type listDatasourcesOutput struct {
	Body struct {
		Datasources []Datasource `json:"datasources" doc:"By name."`
	}
}

func (s *server) listDatasources(ctx context.Context, _ *struct{}) (*listDatasourcesOutput, error) {
	p, _, err := s.definitions(ctx)
	if err != nil {
		return nil, err
	}
	names := sorted(p.Datasources)
	out := &listDatasourcesOutput{}
	out.Body.Datasources = make([]Datasource, len(names))
	return out, each(ctx, len(names), func(ctx context.Context, i int) (err error) {
		out.Body.Datasources[i], err = s.viewDatasource(ctx, p.Datasources[names[i]])
		return err
	})
}

func (s *server) viewDatasource(ctx context.Context, d *def.Datasource) (Datasource, error) {
	v := Datasource{Name: d.Name, Description: d.Description, Target: d.Target}
	if i := d.Import; i != nil {
		v.Connection, v.BucketURI, v.Format, v.MaxFiles = i.Connection, i.BucketURI, string(i.Format), i.MaxFiles
	}
	rec, err := s.Ledger.Subject(ctx, ledger.Subject{Kind: ledger.Ingest, Name: d.Name})
	if err != nil {
		return v, err
	}
	if v.Backlog, err = s.viewBacklog(ctx, d, rec); err != nil {
		return v, err
	}
	v.LastScanAt = moment(rec.LastScanAt)
	if v.Schedule, err = viewSchedule(importSchedule(d), rec, s.Ledger.Now()); err != nil {
		return v, err
	}
	v.Activity, err = s.activity(ctx, rec)
	return v, err
}

type showDatasourceOutput struct{ Body DatasourceDetail }

func (s *server) showDatasource(ctx context.Context, in *nameInput) (*showDatasourceOutput, error) {
	_, p, id, err := s.subject(ctx, ledger.Ingest, in.Name)
	if err != nil {
		return nil, err
	}
	d := p.Datasources[in.Name]
	out := &showDatasourceOutput{Body: DatasourceDetail{
		Engine: d.Engine.Name, SortingKey: d.Engine.SortingKey, PartitionKey: d.Engine.PartitionKey, TTL: d.Engine.TTL, Columns: []Column{},
	}}
	for _, c := range d.Columns {
		v := Column{Name: c.Name, Type: c.Type.String(), Default: c.Default}
		if c.JSONPath != nil {
			v.Path = c.JSONPath.String()
		}
		out.Body.Columns = append(out.Body.Columns, v)
	}
	added, err := s.Ledger.AddedColumns(ctx, d.Name)
	if err != nil {
		return nil, err
	}
	out.Body.Columns = append(out.Body.Columns, viewAdded(d, added)...)
	if out.Body.Datasource, err = s.viewDatasource(ctx, d); err != nil {
		return nil, err
	}
	saved, err := s.Ledger.Project(ctx, id)
	out.Body.File = fileOf(saved, d.Pos.File)
	return out, err
}

// viewAdded returns the columns that files added and SCHEMA didn't take over.
func viewAdded(d *def.Datasource, added []ledger.AddedColumn) (columns []Column) {
	for _, a := range added {
		if !slices.ContainsFunc(d.Columns, func(c def.Column) bool { return c.Name == a.Name }) {
			columns = append(columns, Column{Name: a.Name, Type: a.Type, Path: a.Path, Added: &Added{File: a.File, Run: string(a.Run), At: a.At}})
		}
	}
	return columns
}
