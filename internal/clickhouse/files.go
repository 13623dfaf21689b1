package clickhouse

import (
	"context"
	"slices"
	"time"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/schema"
)

// FileTable is the table that records which files were ingested. It is beside
// their rows, so that one query proves one against the other.
const FileTable = "longshore_files"

// FileState is how far the ingestion of a file is.
type FileState string

// The states, each of which comes before those below it: what a late twin says
// of a file that is further doesn't count. A file that isn't in the table is new.
const (
	FilePlanned   FileState = "planned"   // claimed by the run; none of its rows were sent
	FileIngesting FileState = "ingesting" // some of its rows may be in the table
	FileFailed    FileState = "failed"    // the file itself is wrong: see Error
	FileDone      FileState = "done"      // all of its rows are in the table or the quarantine
	FileReplaced  FileState = "replaced"  // its rows were removed: another version of its key took their place
)

// FileVersion is one content of an object.
type FileVersion struct {
	Key  string
	ETag string
}

// FileRecord is what is known of one file version of a datasource, or of a
// range of it.
//
// While it is ingested, Rows, Quarantined, Bytes and Chunks are a checkpoint: so
// many chunks are known to be stored, and none of them need be sent again. Of a
// file that is split, only the records of its ranges have checkpoints.
type FileRecord struct {
	Datasource string
	Key        string
	ETag       string
	// Range is which range of a split file the record is about, from 1 on. Zero is
	// the file as a whole.
	Range uint32
	// RangeBytes is the distance of the ranges of a split file, in bytes: each
	// begins with the first row that starts at or after a multiple of it. Zero is a
	// file that isn't split.
	RangeBytes  int64
	Size        int64     // bytes, in the bucket
	Modified    time.Time // of the object
	State       FileState
	Rows        int64 // appended to the table
	Quarantined int64 // appended to the quarantine
	Bytes       int64 // decoded
	Lines       int64 // of a text, likewise
	Chunks      int64 // each an INSERT of its own
	ChunkRows   int64 // at most in each: the boundaries of chunks depend on it
	ChunkBytes  int64 // of the file, decompressed, in each, likewise
	// ChunkBlocks is how many blocks a chunk is decoded in, each with its share of
	// ChunkRows and ChunkBytes; zero means one. The boundaries depend on it, too.
	ChunkBlocks uint32
	// Columns is the version of the datasource's added columns that the chunks
	// behind the checkpoint are decoded with.
	Columns uint32
	// Marked is set when all rows of the file in the table have its FileID in the
	// FileColumn.
	Marked bool
	// Replaces is set when the rows of the key's older versions are to be removed
	// once this one is done, and has rows where it isn't empty. Instead has the ETags
	// of those that were there when it was begun.
	Replaces bool
	Instead  []string
	// Pack is the id of the pack that the file's rows were stored with, as one INSERT,
	// or may have been; empty where the file was sent alone.
	Pack  string
	RunID string // of a file that is ingested: that began it; else that did what the state says
	// Error is why a file failed, or why all rows of one that is ingested are in quarantine.
	Error string
	// UpdatedAt orders the records of one file version, range and state: the latest
	// counts. A file that is done stays so, whatever a late twin with a fast clock
	// records. Zero means now.
	UpdatedAt time.Time
}

// Version returns the file version that the record is about.
func (r FileRecord) Version() FileVersion { return FileVersion{r.Key, r.ETag} }

// FileID returns the id that the file's rows have in the FileColumn, if it is Marked.
func (r FileRecord) FileID() uint64 {
	if !r.Marked {
		return 0
	}
	return FileID(r.Key, r.ETag)
}

// version orders the records of a file version: by state, then by time.
func (r FileRecord) version() uint64 {
	if r.State == FilePlanned {
		return uint64(r.UpdatedAt.UnixMicro()) // below all others, which count nanoseconds
	}
	rank := map[FileState]uint64{FileIngesting: 0, FileFailed: 1, FileDone: 2, FileReplaced: 3}[r.State]
	return rank<<61 | uint64(r.UpdatedAt.UnixNano()) // which fits below until 2043
}

// fileColumns are those of the table, in the order of FileRecord.
var fileColumns = []Column{
	{Name: "datasource", Type: schema.MustParseType("LowCardinality(String)")},
	{Name: "key", Type: schema.Of(schema.String)},
	{Name: "etag", Type: schema.Of(schema.String)},
	{Name: "range", Type: schema.Of(schema.UInt32)},
	{Name: "range_bytes", Type: schema.Of(schema.UInt64)},
	{Name: "size", Type: schema.Of(schema.UInt64)},
	{Name: "modified", Type: schema.MustParseType("DateTime64(6, 'UTC')")},
	{Name: "state", Type: schema.MustParseType("LowCardinality(String)")},
	{Name: "rows", Type: schema.Of(schema.UInt64)},
	{Name: "quarantined", Type: schema.Of(schema.UInt64)},
	{Name: "bytes", Type: schema.Of(schema.UInt64)},
	{Name: "lines", Type: schema.Of(schema.UInt64)},
	{Name: "chunks", Type: schema.Of(schema.UInt64)},
	{Name: "chunk_rows", Type: schema.Of(schema.UInt64)},
	{Name: "chunk_bytes", Type: schema.Of(schema.UInt64)},
	{Name: "chunk_blocks", Type: schema.Of(schema.UInt32)},
	{Name: "columns", Type: schema.Of(schema.UInt32)},
	{Name: "marked", Type: schema.Of(schema.UInt8)},
	{Name: "replaces", Type: schema.Of(schema.UInt8)},
	{Name: "instead", Type: schema.MustParseType("Array(String)")},
	{Name: "pack", Type: schema.Of(schema.String)},
	{Name: "run_id", Type: schema.Of(schema.String)},
	{Name: "error", Type: schema.Of(schema.String)},
	{Name: "updated_at", Type: schema.MustParseType("DateTime64(6, 'UTC')")},
	{Name: "version", Type: schema.Of(schema.UInt64)},
}

func (c *Client) fileTable() Table {
	return c.located(Table{
		Name: FileTable, Columns: fileColumns, Extend: true,
		Comment: "Which files were ingested: the record with the highest version of a datasource, key, etag and range counts",
		Engine:  own("ReplacingMergeTree", c.target.cluster != ""), Version: "version",
		PrimaryKey: fileVersionKey, SortingKey: fileVersionKey + ", range",
		ShardingKey: "cityHash64(datasource, key)", // FINAL counts within a shard
	})
}

// fileVersionKey is what a file version of a datasource is looked up by.
const fileVersionKey = "datasource, key, etag"

// EnsureFileTable makes the table of files if there is none.
func (c *Client) EnsureFileTable(ctx context.Context) error {
	whole := c.fileTable()
	t := whole.made()[0]
	existing, err := c.Describe(ctx, t.Database, t.Name)
	if err == nil && normal(existing.SortingKey) == normal(fileVersionKey) {
		err = c.ddl(ctx, t.withRanges())
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return c.EnsureTable(ctx, whole)
}

// withRanges lets a table from before files were split tell ranges apart. A
// column can become part of the sorting key only as it is added.
func (t Table) withRanges() step {
	at := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == "range" })
	return step{
		action{"add ranges to " + t.path(), "ALTER ADD COLUMN, ALTER ORDER BY ON " + Path(t.Database, t.Name)},
		t.AddColumn(t.Columns[at]) + ", MODIFY ORDER BY (" + t.SortingKey + ")",
	}
}

// RecordFiles records the state of files. All records become visible at once.
func (c *Client) RecordFiles(ctx context.Context, files []FileRecord) error {
	return c.record(ctx, FileTable, fileColumns, len(files), func(i int) []any { return files[i].values() })
}

// values are in the order of fileColumns.
func (r FileRecord) values() []any {
	if r.UpdatedAt.IsZero() {
		r.UpdatedAt = time.Now()
	}
	return []any{
		r.Datasource, r.Key, r.ETag, r.Range, r.RangeBytes, r.Size, r.Modified, string(r.State), r.Rows, r.Quarantined, r.Bytes, r.Lines,
		r.Chunks, r.ChunkRows, r.ChunkBytes, r.ChunkBlocks, r.Columns, r.Marked, r.Replaces, r.Instead, r.Pack, r.RunID, r.Error, r.UpdatedAt, r.version(),
	}
}
