package api

import (
	"context"
	"net/http"
	"time"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// PreviewRequest says which files to look into, and how.
type PreviewRequest struct {
	URI        string `json:"uri" maxLength:"2000" doc:"s3://bucket/path, with the patterns of IMPORT_BUCKET_URI."`
	Connection string `json:"connection" maxLength:"100" doc:"Of type s3, of the definitions in force."`
	Sample     int    `json:"sample,omitempty" minimum:"0" maximum:"100" doc:"From how many files columns are inferred; 0 is the reference file alone."`
	Rows       int    `json:"rows,omitempty" minimum:"0" maximum:"1000" doc:"How many first rows are shown; 0 is 10."`
	Name       string `json:"name,omitempty" maxLength:"100" doc:"Of the datasource in the text that is made; empty makes one of the URI."`
	Format     string `json:"format,omitempty" enum:"csv,ndjson,parquet" doc:"Empty: found out from the files."`
	// The columns that were inferred can be changed; names are those inferred.
	Rename map[string]string `json:"rename,omitempty" doc:"Columns to be called otherwise: the inferred name and the new one."`
	Types  map[string]string `json:"types,omitempty" doc:"Columns of another type: the inferred name and a type of ClickHouse. The type counts, whatever the values look like."`
	Drop   []string          `json:"drop,omitempty" maxItems:"1000" doc:"Columns to leave out, by the inferred name."`
}

// Preview is what was found in the files.
type Preview struct {
	Files         []PreviewFile `json:"files" doc:"The first of the files that match."`
	Count         int64         `json:"count" doc:"Of all files that match."`
	Bytes         int64         `json:"bytes" doc:"Of all files that match."`
	ReferenceFile string        `json:"reference_file" doc:"The key of the file that columns and rows are from; empty when no file matches."`
	Format        string        `json:"format"`
	Compression   string        `json:"compression"`
	Sampled       []string      `json:"sampled" doc:"The keys of the files that columns were inferred from."`
	// Columns are in the order of the file.
	Columns     []PreviewColumn `json:"columns"`
	Rows        [][]string      `json:"rows" doc:"The first rows, a text for each column."`
	RowsSampled int64           `json:"rows_sampled" doc:"How many rows were looked at."`
	Quarantine  Quarantine      `json:"quarantine" doc:"What would not fit the columns."`
	Datasource  string          `json:"datasource" doc:"The text of a .datasource file for these files."`
}

// PreviewFile is a file that matches.
type PreviewFile struct {
	Key        string    `json:"key"`
	Bytes      int64     `json:"bytes"`
	ModifiedAt time.Time `json:"modified_at"`
}

// PreviewColumn is a column as it was inferred.
type PreviewColumn struct {
	Name      string   `json:"name"`
	Type      string   `json:"type" doc:"Of ClickHouse."`
	Path      string   `json:"path,omitempty" doc:"Where its value is in a JSON row."`
	Evidence  string   `json:"evidence" doc:"Why this type."`
	Conflicts []string `json:"conflicts" doc:"What speaks for another type."`
}

// Quarantine is how many of the sampled rows would not be appended, and why.
type Quarantine struct {
	Rows    int64              `json:"rows"`
	Reasons []QuarantineReason `json:"reasons"`
}

// QuarantineReason is one reason with how often it holds.
type QuarantineReason struct {
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
	Rows   int64  `json:"rows"`
}

func (s *server) routesOfPreview() {
	handle(s, endpoint{
		method: http.MethodPost, path: "/preview", id: "preview", tag: "datasources", errors: []int{404, 422, 502}, within: slow,
		summary: "Look into files of a bucket", describe: "Files, inferred columns with the evidence, first rows, and the datasource they would make.",
	}, s.preview)
}

type previewInput struct{ Body PreviewRequest }

type previewOutput struct{ Body Preview }

func (s *server) preview(ctx context.Context, in *previewInput) (*previewOutput, error) {
	if s.Preview == nil {
		return nil, fault.New(fault.Invalid, "this producer can't preview files")
	}
	if _, err := def.ParseBucketURI(in.Body.URI); err != nil {
		return nil, err
	}
	p, _, err := s.definitions(ctx)
	if err == nil {
		err = present(p, "connection", in.Body.Connection, p.Connections)
	}
	if err != nil {
		return nil, err
	}
	c := p.Connections[in.Body.Connection]
	if c.Type != def.S3 {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "connection %s is of type %s", c.Name, c.Type), "name a connection of type s3")
	}
	found, err := s.Preview(ctx, c, in.Body)
	if err != nil {
		return nil, abroad(err)
	}
	return &previewOutput{found.filled()}, nil
}

// filled has lists where it had none, so that readers needn't tell null from
// empty.
func (p Preview) filled() Preview {
	p.Files = append([]PreviewFile{}, p.Files...)
	p.Sampled = append([]string{}, p.Sampled...)
	p.Columns = append([]PreviewColumn{}, p.Columns...)
	for i := range p.Columns {
		p.Columns[i].Conflicts = append([]string{}, p.Columns[i].Conflicts...)
	}
	p.Rows = append([][]string{}, p.Rows...)
	p.Quarantine.Reasons = append([]QuarantineReason{}, p.Quarantine.Reasons...)
	return p
}
