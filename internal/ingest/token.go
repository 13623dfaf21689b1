package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/longshore/longshore/internal/clickhouse"
)

// The rooms that rows go to: those of a chunk, and those of a pack, which is named by its
// first file.
const (
	roomRows       = "rows"
	roomPack       = "pack"
	roomQuarantine = "quarantine"
)

// token names what a chunk of a file, or of a range of it, puts into a room, for
// ClickHouse, which drops a second INSERT with the same token. It depends on what
// the chunk is, not on who sends it or when (TestTokensNameTheChunkAlone).
func token(rec clickhouse.FileRecord, chunk int64, room string) string {
	name := strings.Join([]string{
		rec.Datasource, rec.Key, rec.ETag, strconv.FormatUint(uint64(rec.Range), 10), strconv.FormatInt(chunk, 10), room,
	}, "\x00")
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16])
}
