package ingest

import (
	"context"
	"time"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
)

// job is a datasource as one version of the definitions has it, with its names
// resolved and its doors open.
type job struct {
	ds      *def.Datasource
	pattern *plan.Pattern
	until   time.Time // files that were modified then or later aren't the job's; zero: all are
	bucket  Bucket
	house   Warehouse
	columns []format.Column // SCHEMA's, and behind them those that were added
	opts    format.ReadOptions
	reader  func(name string) (format.Reader, error)
}

// open builds the job of a datasource.
func (i *Ingest) open(ctx context.Context, id ledger.ProjectID, name string) (*job, error) {
	project, err := i.doors.Project(ctx, id)
	if err != nil {
		return nil, err
	}
	ds, ok := project.Datasources[name]
	if !ok {
		return nil, fault.New(fault.NotFound, "there is no datasource %q in version %s of the definitions", name, id)
	}
	if ds.Import == nil {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "datasource %s imports nothing", name), "add IMPORT_BUCKET_URI and the other IMPORT_ keys")
	}
	j := &job{ds: ds, columns: columns(ds), opts: readOptions(ds.Import), reader: i.doors.Format}
	if j.pattern, err = plan.ParsePattern(ds.Import.BucketURI); err != nil {
		return nil, fault.New(fault.Invalid, "datasource %s: %w", name, err)
	}
	if j.bucket, err = i.doors.Bucket(ctx, project.Connections[ds.Import.Connection], j.pattern.Bucket); err != nil {
		return nil, err
	}
	target := ds.Target
	if target == "" {
		target = project.Settings.ClickHouse
	}
	j.house, err = i.doors.Warehouse(ctx, project.Connections[target])
	return j, err
}

func columns(ds *def.Datasource) []format.Column {
	out := make([]format.Column, 0, len(ds.Columns))
	for _, c := range ds.Columns {
		out = append(out, format.Column{Name: c.Name, Type: c.Type, Path: c.JSONPath, Default: c.Default != ""})
	}
	return out
}

func readOptions(in *def.Import) format.ReadOptions {
	opts := format.ReadOptions{CSV: format.CSVReadOptions{
		Delimiter: first(in.CSV.Delimiter), Quote: first(in.CSV.Quote), Escape: first(in.CSV.Escape), Null: in.CSV.Null, Pad: in.CSV.Pad,
	}}
	switch {
	case in.CSV.Header == nil:
	case *in.CSV.Header:
		opts.CSV.Header = format.HeaderYes
	default:
		opts.CSV.Header = format.HeaderNo
	}
	return opts
}

func first(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

// ensure creates the tables that the datasource needs.
func (j *job) ensure(ctx context.Context) error {
	table := j.table()
	for _, t := range []clickhouse.Table{table, clickhouse.Quarantine(table)} {
		if err := j.house.EnsureTable(ctx, t); err != nil {
			return err
		}
	}
	return j.house.EnsureFileTable(ctx)
}
