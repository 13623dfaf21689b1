package ingest

import (
	"testing"
	"time"

	"github.com/longshore/longshore/internal/clickhouse"
)

func TestTokensNameTheChunkAlone(t *testing.T) {
	rec := clickhouse.FileRecord{Datasource: "d", Key: "k", ETag: "e", Range: 1, RunID: "r"}
	seen := map[string]bool{token(rec, 1, roomRows): true}
	same := rec
	same.RunID, same.UpdatedAt, same.Rows, same.State = "another", time.Now(), 7, clickhouse.FileDone
	if !seen[token(same, 1, roomRows)] {
		t.Error("a token depends on who sends the chunk")
	}
	for name, change := range map[string]func(r *clickhouse.FileRecord) (chunk int64, room string){
		"datasource": func(r *clickhouse.FileRecord) (int64, string) { r.Datasource = "x"; return 1, roomRows },
		"key":        func(r *clickhouse.FileRecord) (int64, string) { r.Key = "x"; return 1, roomRows },
		"etag":       func(r *clickhouse.FileRecord) (int64, string) { r.ETag = "x"; return 1, roomRows },
		"range":      func(r *clickhouse.FileRecord) (int64, string) { r.Range = 0; return 1, roomRows },
		"chunk":      func(*clickhouse.FileRecord) (int64, string) { return 11, roomRows },
		"room":       func(*clickhouse.FileRecord) (int64, string) { return 1, roomQuarantine },
	} {
		other := rec
		chunk, room := change(&other)
		if got := token(other, chunk, room); seen[got] {
			t.Errorf("another %s: got the token of another chunk", name)
		} else {
			seen[got] = true
		}
	}
}
