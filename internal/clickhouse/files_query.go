package clickhouse

import (
	"context"
	"fmt"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"

	"github.com/longshore/longshore/pkg/fault"
)

// knownAtOnce is how many file versions are asked about in one query.
const knownAtOnce = 10_000

// KnownFiles returns what is recorded of the given files of a datasource as a
// whole. Files without a record are left out.
func (c *Client) KnownFiles(ctx context.Context, datasource string, files []FileVersion) (map[FileVersion]FileRecord, error) {
	known := make(map[FileVersion]FileRecord, len(files))
	for page := range slices.Chunk(files, knownAtOnce) {
		// Keys travel as a table: as text they would be a statement of megabytes.
		wanted, err := ext.NewTable("wanted", ext.Column("key", "String"), ext.Column("etag", "String"))
		for i := 0; i < len(page) && err == nil; i++ {
			err = wanted.Append(page[i].Key, page[i].ETag)
		}
		if err != nil {
			return nil, fault.New(fault.Unknown, "look up files: %w", err)
		}
		ctx := clickhouse.Context(ctx, clickhouse.WithExternalTable(wanted))
		err = c.files(ctx, "look up files of "+datasource, "AND range = 0 AND (key, etag) IN (SELECT key, etag FROM wanted)", func(f FileRecord) {
			known[f.Version()] = f
		}, clickhouse.Named("datasource", datasource))
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

// KnownVersions returns what is recorded of all versions of the given keys of a
// datasource, by key, in the order of their ETags.
func (c *Client) KnownVersions(ctx context.Context, datasource string, keys []string) (map[string][]FileRecord, error) {
	known := map[string][]FileRecord{}
	for page := range slices.Chunk(keys, knownAtOnce) {
		wanted, err := ext.NewTable("wanted", ext.Column("key", "String"))
		for i := 0; i < len(page) && err == nil; i++ {
			err = wanted.Append(page[i])
		}
		if err != nil {
			return nil, fault.New(fault.Unknown, "look up files: %w", err)
		}
		ctx := clickhouse.Context(ctx, clickhouse.WithExternalTable(wanted))
		err = c.files(ctx, "look up files of "+datasource, "AND range = 0 AND key IN (SELECT key FROM wanted) ORDER BY key, etag", func(f FileRecord) {
			known[f.Key] = append(known[f.Key], f)
		}, clickhouse.Named("datasource", datasource))
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

// KnownRanges returns what is recorded of the ranges of a split file, by their
// numbers: those of other distances too, should there be any.
func (c *Client) KnownRanges(ctx context.Context, datasource string, file FileVersion) ([]FileRecord, error) {
	var ranges []FileRecord
	err := c.files(ctx, "look up ranges of "+file.Key, "AND key = {key:String} AND etag = {etag:String} AND range > 0 ORDER BY range", func(f FileRecord) {
		ranges = append(ranges, f)
	}, clickhouse.Named("datasource", datasource), clickhouse.Named("key", file.Key), clickhouse.Named("etag", file.ETag))
	return ranges, err
}

// FileFilter chooses records of files as a whole.
type FileFilter struct {
	State FileState   // empty means all
	RunID string      // empty means all
	After FileVersion // only what comes after it, in the order of keys and then ETags
	Limit int         // zero means 1000
}

// ListFiles returns the records of a datasource's files in the order of their keys.
func (c *Client) ListFiles(ctx context.Context, datasource string, filter FileFilter) ([]FileRecord, error) {
	if filter.Limit <= 0 {
		filter.Limit = 1000
	}
	var files []FileRecord
	err := c.files(ctx, "list files of "+datasource, `AND range = 0 AND (key, etag) > ({key:String}, {etag:String})
		AND ({state:String} = '' OR state = {state:String}) AND ({run:String} = '' OR run_id = {run:String})
		ORDER BY key, etag LIMIT {limit:UInt64}`, func(f FileRecord) {
		files = append(files, f)
	}, clickhouse.Named("datasource", datasource), clickhouse.Named("state", string(filter.State)), clickhouse.Named("run", filter.RunID),
		clickhouse.Named("key", filter.After.Key), clickhouse.Named("etag", filter.After.ETag), clickhouse.Named("limit", fmt.Sprint(filter.Limit)))
	return files, err
}

// ListReplacing returns the records of a datasource's files that are done and take the
// place of other versions, whether those are gone by now or not.
func (c *Client) ListReplacing(ctx context.Context, datasource string) ([]FileRecord, error) {
	var files []FileRecord
	err := c.files(ctx, "list files of "+datasource, "AND range = 0 AND state = 'done' AND replaces = 1 AND notEmpty(instead) ORDER BY key, etag", func(f FileRecord) {
		files = append(files, f)
	}, clickhouse.Named("datasource", datasource))
	return files, err
}

// files calls each with the latest records of a datasource that a condition chooses.
func (c *Client) files(ctx context.Context, what, condition string, each func(FileRecord), args ...any) error {
	return c.Query(ctx, what, `SELECT datasource, key, etag, range, range_bytes, size, modified, state, rows, quarantined, bytes, lines,
		chunks, chunk_rows, chunk_bytes, chunk_blocks, columns, marked, replaces, instead, pack, run_id, error, updated_at FROM `+
		Path(c.target.database, FileTable)+" FINAL WHERE datasource = {datasource:String} "+condition, func(scan func(...any) error) error {
		var f FileRecord
		var n [9]uint64
		var marked, replaces uint8
		err := scan(&f.Datasource, &f.Key, &f.ETag, &f.Range, &n[0], &n[1], &f.Modified, (*string)(&f.State), &n[2], &n[3], &n[4],
			&n[5], &n[6], &n[7], &n[8], &f.ChunkBlocks, &f.Columns, &marked, &replaces, &f.Instead, &f.Pack, &f.RunID, &f.Error, &f.UpdatedAt)
		if err != nil {
			return err
		}
		for i, field := range []*int64{&f.RangeBytes, &f.Size, &f.Rows, &f.Quarantined, &f.Bytes, &f.Lines, &f.Chunks, &f.ChunkRows, &f.ChunkBytes} {
			*field = int64(n[i])
		}
		f.Marked, f.Replaces = marked != 0, replaces != 0
		if len(f.Instead) == 0 {
			f.Instead = nil
		}
		f.Modified, f.UpdatedAt = f.Modified.UTC(), f.UpdatedAt.UTC()
		each(f)
		return nil
	}, args...)
}

// FileSums are the totals of a datasource's files of one state.
type FileSums struct {
	Files, Rows, Quarantined, Bytes int64
}

// SumRows returns a datasource's totals by state.
func (c *Client) SumRows(ctx context.Context, datasource string) (map[FileState]FileSums, error) {
	sums := map[FileState]FileSums{}
	err := c.Query(ctx, "sum files of "+datasource, "SELECT state, count(), sum(rows), sum(quarantined), sum(bytes) FROM "+
		Path(c.target.database, FileTable)+" FINAL WHERE datasource = {datasource:String} AND range = 0 GROUP BY state", func(scan func(...any) error) error {
		var state string
		var n [4]uint64
		err := scan(&state, &n[0], &n[1], &n[2], &n[3])
		sums[FileState(state)] = FileSums{int64(n[0]), int64(n[1]), int64(n[2]), int64(n[3])}
		return err
	}, clickhouse.Named("datasource", datasource))
	return sums, err
}
