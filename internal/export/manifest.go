package export

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/crc64"
)

// Manifest is the record of what a run of a sync wrote. It is kept for ever.
type Manifest struct {
	Run         ledger.RunID     `json:"run"`
	Sync        string           `json:"sync"`
	Model       string           `json:"model"`
	Mode        string           `json:"mode"`
	Format      string           `json:"format"`
	Compression string           `json:"compression"`
	Project     ledger.ProjectID `json:"project"`
	Fields      []ledgerField    `json:"fields"`
	// Ops is how many rows each op has: "all", or "added", "changed"
	// and "removed", as which they were sent, and "unchanged".
	Ops         map[string]int64 `json:"ops"`
	Objects     []Object         `json:"objects"`
	CommittedAt time.Time        `json:"committed_at"`
}

// Object is one object that a run wrote.
type Object struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	Op     string `json:"op"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	ETag   string `json:"etag,omitempty"` // empty where the store didn't let us ask after a crash
	// CRC64NVME is of the whole object, in base64 as S3 gives it.
	CRC64NVME string           `json:"crc64nvme"`
	Pieces    []objstore.Piece `json:"pieces"`
}

func (m *Manifest) totals() ledger.Totals {
	t := ledger.Totals{Files: int64(len(m.Objects))}
	for _, o := range m.Objects {
		t.Rows += o.Rows
		t.Bytes += o.Bytes
	}
	return t
}

func (c *committer) manifest(now time.Time) Manifest {
	d, ops := c.sync.Destination, map[string]int64{}
	for op, name := range c.names.ops {
		ops[name] = c.rows(op)
	}
	if c.shared.Compare != nil && c.shared.Compare.Use == ledger.CompareBaseline {
		ops[diff.Unchanged.String()] = c.counts[diff.Unchanged]
	}
	return Manifest{
		Run: c.run.ID, Sync: c.sync.Name, Model: c.sync.Model, Mode: string(c.sync.Mode), Format: string(d.Format),
		Compression: string(d.Compression), Project: c.run.Project, Fields: c.fields, Ops: ops, CommittedAt: now,
	}
}

// describe sums up an object from its pieces.
func (c *committer) describe(o *candidate, etag string, pieces []objstore.Piece) Object {
	out := Object{Bucket: c.shared.Bucket, Key: o.Key, Op: c.names.ops[c.names.op(o.Object)], Rows: o.rows(), ETag: etag, Pieces: pieces}
	var sum uint64
	for _, p := range pieces {
		sum = crc64.Combine(sum, p.CRC64, p.Size)
		out.Bytes += p.Size
	}
	out.CRC64NVME = crc64.Format(sum)
	return out
}

func sha256hex(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
