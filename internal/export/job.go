package export

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/mapping"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/source"
)

// job is a sync as one version of the definitions has it, with its names
// resolved and its doors open, but for the database's. Both sides of the queue build it anew.
type job struct {
	sync   *def.Sync
	model  *def.Model
	source *def.Connection
	db     source.Database // nil until connect
	bucket Bucket
	format format.Writer
	codec  compress.Codec // of the object as a whole
	opts   format.WriteOptions
	put    objstore.PutOptions
	query  source.Query
	names  naming
}

// shared is what all parts of a run need to know beyond the definitions.
type shared struct {
	Bucket string `json:"bucket"`
	// Schema is that of the files, as an Arrow IPC stream. A part that finds another
	// one fails: the model's tables changed between the plan and the read.
	Schema []byte `json:"schema"`
	// Compare is set in the modes insert and diff.
	Compare *comparing `json:"compare,omitempty"`
}

func (s shared) schema() (*arrow.Schema, error) { return decodeSchema(s.Schema) }

// ledgerField is a column as records show it.
type ledgerField struct {
	Name     string `json:"name"`
	Type     string `json:"type"` // Arrow's
	Nullable bool   `json:"nullable"`
}

func (e *Export) sync(ctx context.Context, r ledger.Run) (*def.Project, *def.Sync, error) {
	project, err := e.doors.Project(ctx, r.Project)
	if err != nil {
		return nil, nil, err
	}
	sync, ok := project.Syncs[r.Subject.Name]
	if !ok {
		return nil, nil, fault.New(fault.NotFound, "there is no sync %q in version %s of the definitions", r.Subject.Name, r.Project)
	}
	return project, sync, nil
}

// open builds the job of a run.
func (e *Export) open(ctx context.Context, r ledger.Run) (*job, error) {
	project, sync, err := e.sync(ctx, r)
	if err != nil {
		return nil, err
	}
	j := &job{sync: sync, model: project.Models[sync.Model]}
	j.query = source.Query{Name: j.model.Name, SQL: j.model.SQL}
	if j.model.Partition != nil {
		j.query.PartitionColumn, j.query.PartitionCount = j.model.Partition.Column, j.model.Partition.Count
	}
	if j.format, err = e.doors.Format(string(sync.Destination.Format)); err != nil {
		return nil, err
	}
	if j.codec, j.opts, err = options(sync.Destination, j.format.Traits()); err != nil {
		return nil, err
	}
	if j.names, err = newNaming(project, sync, r, j.format.Traits(), j.codec); err != nil {
		return nil, err
	}
	if j.bucket, err = e.destination(ctx, project, sync); err != nil {
		return nil, err
	}
	j.put = putOptions(sync.Destination, j.format.Traits(), r)
	j.source = project.Connections[j.model.Connection]
	return j, nil
}

// connect opens the job's database.
func (e *Export) connect(ctx context.Context, j *job) (err error) {
	j.db, err = e.doors.Source(ctx, j.source)
	return err
}

// compares reports whether a run's rows are compared with those sent before.
func (j *job) compares() bool { return j.sync.Mode != def.All }

// keysOnly reports whether rows are told apart by their keys alone.
func (j *job) keysOnly() bool { return j.sync.Mode == def.Insert }

func (e *Export) destination(ctx context.Context, p *def.Project, sync *def.Sync) (Bucket, error) {
	return e.doors.Bucket(ctx, p.Connections[sync.Destination.Connection], sync.Destination.Bucket)
}

// variables says of the run what a mapping can: its time is the one that fills
// the path.
func (j *job) variables(r ledger.Run, op string) mapping.Variables {
	return mapping.Variables{
		ModelID: j.model.ID, ModelName: j.model.Name, SyncID: j.sync.ID, RunID: string(r.ID),
		Time: r.CreatedAt, Mode: string(j.sync.Mode), Op: op,
	}
}

func putOptions(d def.Destination, traits format.Traits, r ledger.Run) objstore.PutOptions {
	return objstore.PutOptions{
		ContentType: traits.MediaType,
		IfAbsent:    d.OnConflict == def.Fail,
		Metadata:    map[string]string{"longshore-run": string(r.ID)},
	}
}

// options turns a destination into what formats and codecs want to hear.
func options(d def.Destination, traits format.Traits) (compress.Codec, format.WriteOptions, error) {
	opts := format.WriteOptions{CSV: format.CSVWriteOptions{
		NoHeader: !d.CSV.Header, BOM: d.CSV.BOM, Null: d.CSV.Null, LineEnding: "\n",
	}}
	if d.CSV.Delimiter != "" {
		opts.CSV.Delimiter = d.CSV.Delimiter[0]
	}
	if d.CSV.LineEnding == def.CRLF {
		opts.CSV.LineEnding = "\r\n"
	}
	switch d.CSV.Quote {
	case def.QuoteNeeded:
	case def.QuoteStrings:
		opts.CSV.Quote = format.QuoteStrings
	case def.QuoteAll:
		opts.CSV.Quote = format.QuoteAll
	}
	if traits.Compresses {
		opts.Compression = string(d.Compression)
		return compress.None, opts, nil
	}
	codec, err := compress.ParseWriter(string(d.Compression))
	return codec, opts, err
}

func fields(s *arrow.Schema) []ledgerField {
	out := make([]ledgerField, 0, s.NumFields())
	for _, f := range s.Fields() {
		out = append(out, ledgerField{Name: f.Name, Type: f.Type.String(), Nullable: f.Nullable})
	}
	return out
}

// changes says how the present fields differ from the planned ones; it is empty
// when they don't.
func changes(planned, present []ledgerField) string {
	var all []string
	for i := range max(len(planned), len(present)) {
		switch {
		case i >= len(planned):
			all = append(all, present[i].Name+" is new")
		case i >= len(present):
			all = append(all, planned[i].Name+" is gone")
		case planned[i].Name != present[i].Name || planned[i].Type != present[i].Type:
			all = append(all, planned[i].Name+" "+planned[i].Type+" became "+present[i].Name+" "+present[i].Type)
		}
	}
	return strings.Join(all, ", ")
}

func decode[T any](body json.RawMessage) (T, error) {
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		return v, fault.New(fault.Invalid, "read the ledger: %w", err)
	}
	return v, nil
}
