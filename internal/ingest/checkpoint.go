package ingest

import (
	"context"
	"sync"

	"github.com/longshore/longshore/internal/clickhouse"
)

// checkpoint finds out how far a file is stored, while several of its chunks are
// on their way. What lies behind the last checkpoint is sent again by the next
// attempt, and dropped by the server for its tokens.
type checkpoint struct {
	mu       sync.Mutex
	stored   clickhouse.FileRecord           // all chunks that it counts are; guarded by mu
	recorded int64                           // chunks; guarded by mu
	ahead    map[int64]clickhouse.FileRecord // stored chunks behind one that isn't yet, by number; guarded by mu
}

func newCheckpoint(rec clickhouse.FileRecord) *checkpoint {
	return &checkpoint{stored: rec, recorded: rec.Chunks, ahead: map[int64]clickhouse.FileRecord{}}
}

// reached is called when the last chunk that a record counts is stored. It
// returns the checkpoint that is then to be recorded, if one is.
func (c *checkpoint) reached(rec clickhouse.FileRecord) (due clickhouse.FileRecord, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead[rec.Chunks] = rec
	for next, ok := c.ahead[c.stored.Chunks+1]; ok; next, ok = c.ahead[c.stored.Chunks+1] {
		delete(c.ahead, next.Chunks)
		c.stored = next
	}
	if c.stored.Chunks == c.recorded {
		return due, false
	}
	c.recorded = c.stored.Chunks
	return c.stored, true
}

// all returns the checkpoint when no chunk is on its way.
func (c *checkpoint) all() clickhouse.FileRecord {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recorded = c.stored.Chunks
	return c.stored
}

// reached records how far the file is.
func (a *appender) reached(ctx context.Context, rec clickhouse.FileRecord) error {
	due, ok := a.stored.reached(rec)
	if !ok {
		return nil
	}
	return a.record(ctx, due)
}

// record records a checkpoint.
func (a *appender) record(ctx context.Context, rec clickhouse.FileRecord) error {
	rec.UpdatedAt = a.now()
	return a.job.house.RecordFiles(ctx, []clickhouse.FileRecord{rec})
}
