// Package ingest does the runs of datasources: objects found in a bucket become
// rows of a ClickHouse table.
//
//	list ─ what does the file ledger not have? ─ the oldest first ─► parts
//	part: GET ─ decompress ─ decode ─ chunk ─► INSERT … token
//	                            └─ rows that don't fit ─► quarantine … token
//
// A large file is cut into ranges, each a part's. Where the rows of a text begin
// is found by scans, in a wave of parts before.
//
//	scan ─┬─ join at rows that are known ─► range: GET from … ─ decode ─ chunk ─► as above
//	scan ─┘                                 commit: are all ranges done? then the file is
//
// What must stay true: every file version (key and etag) is in the table once.
//
//   - A file is cut into chunks of rows by its content alone, so that every
//     attempt at it makes the same chunks.
//   - A chunk is one block, one INSERT, and one deduplication token, made of the
//     datasource, key, etag, range and chunk, never of the run or the attempt. The
//     server drops a chunk that it has already.
//   - A file counts as ingested by its row in the file ledger, in the same
//     ClickHouse, written after its last chunk, or that of its last range.
//   - Whoever finishes a file cuts it as who began it did: how is written there
//     before its first row is.
package ingest

import (
	"context"
	"io"
	"iter"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/objstore"
)

// Bucket is what an ingest asks of a bucket: GetObject and ListBucket suffice.
type Bucket interface {
	Name() string
	List(ctx context.Context, prefix, startAfter string) iter.Seq2[objstore.Object, error]
	Open(ctx context.Context, key, etag string, offset, length int64) (io.ReadCloser, error)
	ReaderAt(ctx context.Context, obj objstore.Object) io.ReaderAt
}

// Warehouse is what an ingest asks of a ClickHouse.
type Warehouse interface {
	EnsureTable(ctx context.Context, t clickhouse.Table) error
	EnsureFileTable(ctx context.Context) error
	KnowsFiles(ctx context.Context, table string) (bool, error)
	Describe(ctx context.Context, database, table string) (*clickhouse.Existing, error)
	AddColumn(ctx context.Context, t clickhouse.Table, column clickhouse.Column) error
	KnownFiles(ctx context.Context, datasource string, files []clickhouse.FileVersion) (map[clickhouse.FileVersion]clickhouse.FileRecord, error)
	KnownRanges(ctx context.Context, datasource string, file clickhouse.FileVersion) ([]clickhouse.FileRecord, error)
	KnownVersions(ctx context.Context, datasource string, keys []string) (map[string][]clickhouse.FileRecord, error)
	ListFiles(ctx context.Context, datasource string, filter clickhouse.FileFilter) ([]clickhouse.FileRecord, error)
	ListReplacing(ctx context.Context, datasource string) ([]clickhouse.FileRecord, error)
	RecordFiles(ctx context.Context, files []clickhouse.FileRecord) error
	Append(ctx context.Context, in clickhouse.Insert) error
	Stream(ctx context.Context, in clickhouse.Insert) (*clickhouse.Stream, error)
	Sharded() bool
	RemoveFiles(ctx context.Context, table string, files []clickhouse.FileVersion) error
	Load(ctx context.Context, database, table string) (clickhouse.Load, error)
	ProveFiles(ctx context.Context, datasource, runID string) (clickhouse.Proof, error)

	EnsureReplayTable(ctx context.Context) error
	RecordReplays(ctx context.Context, records []clickhouse.ReplayRecord) error
	ReplayedBy(ctx context.Context, datasource, run string) (rows, files int64, err error)
	QuarantineGroups(ctx context.Context, datasource string) ([]clickhouse.QuarantineGroup, error)
	QuarantineRows(ctx context.Context, datasource string, f clickhouse.QuarantineFilter) ([]clickhouse.QuarantineRow, error)
	Count(ctx context.Context, datasource string) (clickhouse.Census, error)
	Keeps(ctx context.Context, table string) (clickhouse.Keeps, error)
	RemoveIDs(ctx context.Context, table string, ids []uint64) error
	RowsByID(ctx context.Context, datasource string, ids []clickhouse.QuarantinedID) ([]clickhouse.QuarantineRow, error)
}

// Doors opens what definitions name. What it returns is shared and stays open.
type Doors struct {
	// Project returns the definitions of a version.
	Project func(ctx context.Context, id ledger.ProjectID) (*def.Project, error)
	// Bucket opens a bucket of a connection.
	Bucket func(ctx context.Context, c *def.Connection, bucket string) (Bucket, error)
	// Warehouse opens the ClickHouse of a connection; nil is the default one.
	Warehouse func(ctx context.Context, c *def.Connection) (Warehouse, error)
	// Format returns the reader of a format by its name.
	Format func(name string) (format.Reader, error)
}

// Ingest is the verb of datasources, on both sides of the queue. It implements
// run.Verb and run.Worker.
type Ingest struct {
	ledger *ledger.Ledger
	doors  Doors
	log    *zap.Logger
	// runFiles is how many files a run takes at most.
	runFiles    int
	rangeBytes  int64 // see SplitFiles
	chunkBlocks int64 // see CutFiles

	judged judgements

	mu      sync.Mutex
	scanned map[string]selection    // by datasource: what Scan found for the run that follows; guarded by mu
	looked  map[string]time.Time    // by datasource: when a run last looked at some keys alone; guarded by mu
	told    map[string]ledger.RunID // by datasource: the last run that was told of fields left out; guarded by mu
}

// SplitFiles has texts of more bytes, and Parquet files of a quarter of that, be
// read in ranges of so many at most by several parts; 256 MiB unless it is called.
// It is called before the first run. Files that were begun keep their ranges.
func (i *Ingest) SplitFiles(bytes int64) { i.rangeBytes = bytes }

// New returns the verb.
func New(l *ledger.Ledger, doors Doors, log *zap.Logger) *Ingest {
	return &Ingest{
		ledger: l, doors: doors, log: log, runFiles: runFiles, rangeBytes: rangeBytes, chunkBlocks: chunkBlocks,
		scanned: map[string]selection{}, looked: map[string]time.Time{}, told: map[string]ledger.RunID{},
	}
}
