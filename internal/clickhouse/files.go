package clickhouse

import (
	"context"
	"time"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

// FileTable is the table that records which files were ingested. It is beside
// their rows, so that one query proves one against the other.
const FileTable = "longshore_files"

// FileState is how far the ingestion of a file is.
type FileState string

// The states. A file that isn't in the table is new.
const (
	FileIngesting FileState = "ingesting" // some of its rows may be in the table
	FileDone      FileState = "done"      // all of its rows are in the table or the quarantine
	FileFailed    FileState = "failed"    // the file itself is wrong: see Error
)

// FileVersion is one content of an object.
type FileVersion struct {
	Key  string
	ETag string
}

// FileRecord is what is known of one file version of a datasource.
type FileRecord struct {
	Datasource  string
	Key         string
	ETag        string
	Size        int64     // bytes, in the bucket
	Modified    time.Time // of the object
	State       FileState
	Rows        int64 // appended to the table
	Quarantined int64 // appended to the quarantine
	Bytes       int64 // decoded
	Chunks      int64 // each an INSERT of its own
	ChunkRows   int64 // at most in each: the boundaries of chunks depend on it
	ChunkBytes  int64 // of the file, decompressed, in each, likewise
	RunID       string
	Error       string // of a file that failed
	// UpdatedAt orders the records of one file version and state: the latest
	// counts. A file that is done stays so, whatever a late twin with a fast clock
	// records. Zero means now.
	UpdatedAt time.Time
}

// Version returns the file version that the record is about.
func (r FileRecord) Version() FileVersion { return FileVersion{r.Key, r.ETag} }

// version orders the records of a file version: by state, then by time.
func (r FileRecord) version() int64 {
	rank := map[FileState]int64{FileIngesting: 0, FileFailed: 1, FileDone: 2}[r.State]
	return rank<<61 | r.UpdatedAt.UnixNano() // which fits below until 2043
}

// fileColumns are those of the table, in the order of FileRecord.
var fileColumns = []Column{
	{Name: "datasource", Type: schema.MustParseType("LowCardinality(String)")},
	{Name: "key", Type: schema.Of(schema.String)},
	{Name: "etag", Type: schema.Of(schema.String)},
	{Name: "size", Type: schema.Of(schema.UInt64)},
	{Name: "modified", Type: schema.MustParseType("DateTime64(6, 'UTC')")},
	{Name: "state", Type: schema.MustParseType("LowCardinality(String)")},
	{Name: "rows", Type: schema.Of(schema.UInt64)},
	{Name: "quarantined", Type: schema.Of(schema.UInt64)},
	{Name: "bytes", Type: schema.Of(schema.UInt64)},
	{Name: "chunks", Type: schema.Of(schema.UInt64)},
	{Name: "chunk_rows", Type: schema.Of(schema.UInt64)},
	{Name: "chunk_bytes", Type: schema.Of(schema.UInt64)},
	{Name: "run_id", Type: schema.Of(schema.String)},
	{Name: "error", Type: schema.Of(schema.String)},
	{Name: "updated_at", Type: schema.MustParseType("DateTime64(6, 'UTC')")},
	{Name: "version", Type: schema.Of(schema.UInt64)},
}

func (c *Client) fileTable() Table {
	return c.located(Table{
		Name: FileTable, Columns: fileColumns, Extend: true,
		Comment: "Which files were ingested: the record with the highest version of a datasource, key and etag counts",
		Engine:  own("ReplacingMergeTree", c.target.cluster != ""), Version: "version",
		SortingKey: "datasource, key, etag",
	})
}

// EnsureFileTable makes the table of files if there is none.
func (c *Client) EnsureFileTable(ctx context.Context) error { return c.EnsureTable(ctx, c.fileTable()) }

// RecordFiles records the state of files. All records become visible at once.
func (c *Client) RecordFiles(ctx context.Context, files []FileRecord) error {
	var b block.Block
	specs := make([]block.Spec, len(fileColumns))
	for i, col := range fileColumns {
		specs[i] = block.Spec{Name: col.Name, Type: col.Type}
	}
	b.Shape(specs)
	for _, f := range files {
		appendFile(b.Columns, f)
	}
	return c.Append(ctx, Insert{Table: FileTable, Block: &b})
}

func appendFile(columns []*block.Column, f FileRecord) {
	if f.UpdatedAt.IsZero() {
		f.UpdatedAt = time.Now()
	}
	values := []any{
		f.Datasource, f.Key, f.ETag, f.Size, f.Modified, string(f.State), f.Rows, f.Quarantined, f.Bytes,
		f.Chunks, f.ChunkRows, f.ChunkBytes, f.RunID, f.Error, f.UpdatedAt, f.version(),
	}
	for i, value := range values {
		switch v := value.(type) {
		case string:
			columns[i].AppendString(v)
		case int64:
			columns[i].AppendInt64(v)
		case time.Time:
			columns[i].AppendInt64(v.UnixMicro())
		}
	}
}
