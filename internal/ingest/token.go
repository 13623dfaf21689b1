package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/longshore/longshore/internal/plan"
)

// token names a chunk of a file for ClickHouse, which drops a second INSERT with
// the same token. It depends on what the chunk is, not on who sends it or when.
// The room is "rows" or "quarantine".
func token(datasource string, f plan.File, chunk int64, room string) string {
	name := strings.Join([]string{datasource, f.Key, f.ETag, strconv.FormatInt(chunk, 10), room}, "\x00")
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16])
}
