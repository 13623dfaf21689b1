package ingest

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// PreviewOptions bounds a preview.
type PreviewOptions struct {
	Format     def.Format // empty: found in the file
	CSV        def.CSVInput
	Files      int // how many files to list by name; zero is 20
	Rows       int // how many rows to show; zero is 10
	SampleRows int // how many rows of each file to look at; zero is 10,000
	// SampleFiles is how many files columns are inferred from, spread over all
	// that match; zero is the reference file alone.
	SampleFiles int
	Revision
}

// Preview is what an import of a bucket pattern would find.
type Preview struct {
	Files     []plan.File // the first that match
	FileCount int64
	ByteCount int64
	// Reference is the file that the rows and, without SampleFiles, the columns
	// are from.
	Reference plan.File
	// SampledFiles is the keys of the files that columns were inferred from.
	SampledFiles []string
	Format       string
	Codec        compress.Codec
	Inference    schema.Inference
	Dropped      []string // columns that were inferred and aren't wanted
	// Rows is the first rows, as text; nil is null.
	Rows [][]*string
	// Sampled is how many rows were decoded by the inferred columns, and Rejects
	// those of them that would be quarantined.
	Sampled int64
	Rejects []format.Reject
}

// Look previews the files of a pattern. It writes nothing.
func Look(ctx context.Context, bucket Bucket, formats func(string) (format.Reader, error), pattern *plan.Pattern, opts PreviewOptions) (*Preview, error) {
	opts = opts.withDefaults()
	p := &Preview{}
	sample, err := p.list(ctx, bucket, pattern, opts)
	if err != nil {
		return nil, err
	}
	in := &def.Import{Format: opts.Format, CSV: opts.CSV}
	j := &job{ds: &def.Datasource{Import: in}, bucket: bucket, opts: readOptions(in), reader: formats}
	j.opts.SampleRows = opts.SampleRows
	if err := p.infer(ctx, j, sample); err != nil {
		return nil, err
	}
	if err := p.revise(opts.Revision); err != nil {
		return nil, err
	}
	for _, f := range p.Inference.Fields {
		j.columns = append(j.columns, format.Column{Name: f.Name, Type: f.Type, Path: f.Path})
	}
	return p, p.sample(ctx, j, opts)
}

func (o PreviewOptions) withDefaults() PreviewOptions {
	if o.Files == 0 {
		o.Files = 20
	}
	if o.Rows == 0 {
		o.Rows = 10
	}
	if o.SampleRows == 0 {
		o.SampleRows = 10_000
	}
	return o
}

// list counts the files and chooses the reference, the newest that isn't empty,
// and the sample.
func (p *Preview) list(ctx context.Context, bucket Bucket, pattern *plan.Pattern, opts PreviewOptions) ([]plan.File, error) {
	var sample spread
	for obj, err := range matching(ctx, bucket, pattern) {
		if err != nil {
			return nil, err
		}
		f := fileOf(obj)
		if len(p.Files) < opts.Files {
			p.Files = append(p.Files, f)
		}
		p.FileCount++
		p.ByteCount += f.Size
		if f.Size > 0 {
			sample.add(f, opts.SampleFiles)
			if p.Reference.Key == "" || f.Modified.After(p.Reference.Modified) {
				p.Reference = f
			}
		}
	}
	if p.FileCount == 0 {
		return nil, fault.WithRemedy(fault.New(fault.NotFound, "no object of bucket %s matches", pattern.Bucket),
			"check the pattern: * stays within a folder, ** crosses folders; keys are matched from their beginning, and letters' case counts")
	}
	if p.Reference.Key == "" {
		return nil, fault.New(fault.Invalid, "all %d objects that match are empty: there is nothing to infer columns from", p.FileCount)
	}
	return sample.files, nil
}

// spread keeps up to n files of a stream, evenly spread, without knowing how
// long the stream is: when it is full it drops every second and takes every
// second from then on.
type spread struct {
	files []plan.File
	seen  int
	every int // takes each file whose number is a multiple; 0 is 1
}

func (s *spread) add(f plan.File, n int) {
	s.every = max(s.every, 1)
	s.seen++
	if n == 0 || (s.seen-1)%s.every != 0 {
		return
	}
	if len(s.files) == n {
		kept := s.files[:0]
		for i := 0; i < len(s.files); i += 2 {
			kept = append(kept, s.files[i])
		}
		s.files = kept
		s.every *= 2
		if (s.seen-1)%s.every != 0 || len(s.files) == n {
			return
		}
	}
	s.files = append(s.files, f)
}

// infer finds the columns of the sample, with the reference at its head.
func (p *Preview) infer(ctx context.Context, j *job, sample []plan.File) error {
	files := []plan.File{p.Reference}
	for _, f := range sample {
		if f.Key != p.Reference.Key {
			files = append(files, f)
		}
	}
	if len(sample) > 0 {
		files = files[:max(len(sample), 1)]
	}
	var found []schema.Inference
	for _, f := range files {
		inference, err := p.inferFile(ctx, j, f)
		if err != nil {
			return j.blame(ctx, f, err)
		}
		found = append(found, inference)
		p.SampledFiles = append(p.SampledFiles, f.Key)
	}
	p.Inference = schema.Merge(found...)
	return nil
}

func (p *Preview) inferFile(ctx context.Context, j *job, f plan.File) (schema.Inference, error) {
	in, err := j.input(ctx, f)
	if err != nil {
		return schema.Inference{}, err
	}
	defer in.Close()
	if f.Key == p.Reference.Key {
		p.Format, p.Codec = in.format.Traits().Name, in.codec
	}
	return in.format.Infer(ctx, in.Input, j.opts)
}

// sample decodes the reference file by the columns that were inferred.
func (p *Preview) sample(ctx context.Context, j *job, opts PreviewOptions) error {
	in, err := j.input(ctx, p.Reference)
	if err != nil {
		return err
	}
	defer in.Close()
	decoder, err := in.format.Decoder(ctx, in.Input, j.columns, j.opts)
	if err != nil {
		return err
	}
	defer decoder.Close()
	var b block.Block
	for p.Sampled < int64(opts.SampleRows) {
		n, err := decoder.Next(&b, opts.SampleRows-int(p.Sampled))
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		p.Sampled += int64(n)
		for _, r := range decoder.Rejected() {
			p.Rejects = append(p.Rejects, keep(r))
		}
		for row := 0; row < b.Rows() && len(p.Rows) < opts.Rows; row++ {
			p.Rows = append(p.Rows, rowText(&b, row))
		}
	}
	return nil
}

// keep copies what the decoder will write over.
func keep(r format.Reject) format.Reject {
	r.Raw = []byte(string(r.Raw))
	r.Values = append([]*string(nil), r.Values...)
	r.Errors = append([]format.ColumnError(nil), r.Errors...)
	return r
}

func rowText(b *block.Block, row int) []*string {
	out := make([]*string, len(b.Columns))
	for i, c := range b.Columns {
		if c.Omitted() || c.IsNull(row) {
			continue
		}
		text := string(c.AppendText(nil, row))
		out[i] = &text
	}
	return out
}

// Definition returns a `.datasource` file for what was found. The sorting key is
// left to be chosen where no column suits it.
func (p *Preview) Definition(connection, uri string) string {
	var b strings.Builder
	b.WriteString("DESCRIPTION >\n    Files of " + uri + ", columns inferred from " + path.Base(p.Reference.Key) + "\n\nSCHEMA >\n")
	for i, f := range p.Inference.Fields {
		b.WriteString("    `" + f.Name + "` " + f.Type.String())
		if len(f.Path) > 0 {
			b.WriteString(" `json:" + f.Path.String() + "`")
		}
		if i < len(p.Inference.Fields)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("\nENGINE \"MergeTree\"\nENGINE_SORTING_KEY \"" + p.sortingKey() + "\"\n\n")
	b.WriteString("IMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME " + connection + "\nIMPORT_BUCKET_URI " + uri +
		"\nIMPORT_SCHEDULE @on-demand\nIMPORT_STRATEGY APPEND\nIMPORT_FORMAT " + p.Format + "\n")
	if len(p.Dropped) > 0 {
		b.WriteString("# Left out: " + strings.Join(p.Dropped, ", ") + ". With add, files would bring them back.\nIMPORT_ON_NEW_COLUMN ignore\n")
	}
	return b.String()
}

// sortingKey proposes the first column of time, else of whole numbers, that has
// no nulls.
func (p *Preview) sortingKey() string {
	for _, suits := range []func(schema.Kind) bool{
		func(k schema.Kind) bool {
			return k == schema.DateTime || k == schema.DateTime64 || k == schema.Date || k == schema.Date32
		},
		func(k schema.Kind) bool { return k == schema.Int64 || k == schema.UInt64 },
	} {
		for _, f := range p.Inference.Fields {
			if suits(f.Type.Kind) {
				return f.Name
			}
		}
	}
	return "tuple()"
}
