package ingest

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// Outlook is what ingesting a file would do to its datasource's table. Its first
// chunk was looked at, as an ingest does before it appends the first row.
type Outlook struct {
	File     plan.File
	Ingested bool // the file ledger has this version as done
	Format   string
	Codec    compress.Codec
	// Differences is what the file changes: all but columns in which all is well.
	Differences []schema.Difference
	// Added is how many of the differences are fields that become columns.
	Added int
	// Refused says why all rows would go to quarantine; empty where only those
	// would that don't fit.
	Refused string
	// Rows is how many rows were looked at, and Quarantined how many of them would
	// go to quarantine, for these Reasons. Samples are the first of them.
	Rows, Quarantined int64
	Reasons           []Reason
	Samples           []format.Reject
	// Wrong is why the file can't be ingested at all; nil where it can.
	Wrong error
}

// maxSamples is how many rows for quarantine an Outlook has.
const maxSamples = 5

// Foresee says what ingesting files of a datasource would do, and writes nothing.
// Which is a key, or an s3:// URI with or without patterns; empty are the files
// that a run would take. At most limit files are looked at, the newest first.
func (i *Ingest) Foresee(ctx context.Context, id ledger.ProjectID, name, which string, limit int) ([]Outlook, error) {
	j, err := i.open(ctx, id, name)
	if err != nil {
		return nil, err
	}
	added, err := i.ledger.AddedColumns(ctx, name)
	if err != nil {
		return nil, err
	}
	if j, err = j.at(added, uint32(len(added))); err != nil {
		return nil, err
	}
	files, err := i.foreseen(ctx, id, j, which, limit)
	if err != nil {
		return nil, err
	}
	out := make([]Outlook, len(files))
	for n, f := range files {
		out[n] = Outlook{File: f.File, Ingested: f.done}
		if err := out[n].look(ctx, j, i.chunking(j).into(j.columns, false)); err != nil {
			if out[n].Wrong = j.blame(ctx, f.File, err); !errors.As(out[n].Wrong, new(*fileError)) {
				return nil, err
			}
		}
	}
	return out, nil
}

// listed is a file and whether it was ingested.
type listed struct {
	plan.File
	done bool
}

// foreseen lists the newest of the files that are meant.
func (i *Ingest) foreseen(ctx context.Context, id ledger.ProjectID, j *job, which string, limit int) ([]listed, error) {
	pattern, err := i.meant(ctx, id, j, which)
	if err != nil {
		return nil, err
	}
	var newest []listed
	page := make([]plan.File, 0, listPage)
	take := func() error {
		known, err := j.versions(ctx, page)
		for _, f := range page {
			chosen, wanted := choose(j.ds.Import.OnOverwrite, f, known[f.Key])
			done := slices.ContainsFunc(known[f.Key], func(r clickhouse.FileRecord) bool {
				return r.Version() == version(chosen) && r.State == clickhouse.FileDone
			})
			if wanted || which != "" {
				newest = append(newest, listed{f, done})
			}
		}
		slices.SortFunc(newest, func(a, b listed) int { return b.Modified.Compare(a.Modified) })
		newest, page = newest[:min(len(newest), limit)], page[:0]
		return err
	}
	for obj, err := range matching(ctx, j.bucket, pattern) {
		if err != nil {
			return nil, err
		}
		if which == "" && obj.Modified.Before(j.ds.Import.FromTimestamp) {
			continue
		}
		if page = append(page, fileOf(obj)); len(page) == listPage {
			if err := take(); err != nil {
				return nil, err
			}
		}
	}
	if err := take(); err != nil {
		return nil, err
	}
	if len(newest) == 0 && which != "" {
		return nil, fault.WithRemedy(fault.New(fault.NotFound, "no object of bucket %s matches %s", j.bucket.Name(), which), "give a key of the bucket, or s3://bucket/path with patterns")
	}
	return newest, nil
}

// meant returns the pattern of the files that are meant, and opens their bucket.
func (i *Ingest) meant(ctx context.Context, id ledger.ProjectID, j *job, which string) (*plan.Pattern, error) {
	if which == "" {
		return j.pattern, nil
	}
	if !strings.HasPrefix(which, "s3://") {
		return plan.OneKey(j.pattern.Bucket, which), nil
	}
	pattern, err := plan.ParsePattern(which)
	if err != nil || pattern.Bucket == j.pattern.Bucket {
		return pattern, err
	}
	project, err := i.doors.Project(ctx, id)
	if err != nil {
		return nil, err
	}
	j.bucket, err = i.doors.Bucket(ctx, project.Connections[j.ds.Import.Connection], pattern.Bucket)
	return pattern, err
}

// versions returns what the file ledger has of files' keys: nothing where there
// is no file ledger yet.
func (j *job) versions(ctx context.Context, files []plan.File) (map[string][]clickhouse.FileRecord, error) {
	if len(files) == 0 {
		return nil, nil
	}
	keys := make([]string, len(files))
	for i, f := range files {
		keys[i] = f.Key
	}
	known, err := j.house.KnownVersions(ctx, j.ds.Name, keys)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return known, err
}

// look reads the beginning of the file twice: what is in it, and how it fits.
func (o *Outlook) look(ctx context.Context, j *job, first cut) error {
	found, err := o.infer(ctx, j, first)
	if err != nil {
		return err
	}
	trial, err := o.try(ctx, j, first)
	if err != nil {
		return err
	}
	for _, d := range schema.Compare(known(j.columns), found, trial) {
		if d.Change == schema.Same && d.Why == "" {
			continue
		}
		if d.Change == schema.New && j.ds.Import.OnNewColumn == def.AddColumn && !clickhouse.ReservedName(d.Column) {
			o.Added++
		}
		o.Differences = append(o.Differences, d)
	}
	refused := j.refusal(trial)
	if o.Refused = refused.String(); refused != nil {
		o.Added, o.Quarantined, o.Reasons = 0, o.Rows, nil
		for _, e := range refused {
			o.Reasons = append(o.Reasons, Reason{Column: e.Column, Code: e.Code, Rows: o.Rows})
		}
	}
	return nil
}

func (o *Outlook) infer(ctx context.Context, j *job, first cut) (schema.Inference, error) {
	in, err := j.input(ctx, o.File)
	if err != nil {
		return schema.Inference{}, err
	}
	defer in.Close()
	o.Format, o.Codec = in.format.Traits().Name, in.codec
	opts := j.opts
	opts.SampleRows = int(first.rows)
	return in.format.Infer(ctx, in.Input, opts)
}

// try decodes the first block.
func (o *Outlook) try(ctx context.Context, j *job, first cut) (schema.Trial, error) {
	in, err := j.input(ctx, o.File)
	if err != nil {
		return schema.Trial{}, err
	}
	defer in.Close()
	opts := j.opts
	opts.BlockBytes = int(first.bytes)
	d, err := in.format.Decoder(ctx, in.Input, j.columns, opts)
	if err != nil {
		return schema.Trial{}, err
	}
	defer d.Close()
	var b block.Block
	n, err := d.Next(&b, int(first.rows))
	if errors.Is(err, io.EOF) {
		return trialOf(d.Facts()), nil
	}
	if err != nil {
		return schema.Trial{}, err
	}
	o.Rows = int64(n)
	o.Quarantined, o.Reasons = int64(len(d.Rejected())), Reasons(d.Rejected())
	for _, r := range d.Rejected()[:min(len(d.Rejected()), maxSamples)] {
		o.Samples = append(o.Samples, keep(r))
	}
	return tried(j.columns, n, &b, d.Rejected(), d.Facts()), nil
}
