// Package export does the runs of syncs: the rows of a model become objects in
// a bucket.
//
// One object is written by as many workers as the run has parts, through one
// multipart upload and without a merge. A part's bytes stand together in the
// object; which part comes first is nobody's business, because the order of
// rows is free.
//
//	slot 0                slot 1                 the commit's
//	┌─────────┬─────────┐┌───────────┬─────────┐┌───────┬───────┬─────────┐
//	│ Opening │ part 3  ││ Separator │ part 0  ││ tail 1│ tail 2│ Closing │
//	└─────────┴─────────┘└───────────┴─────────┘└───────┴───────┴─────────┘
//	 pieces 1…W           pieces W+1…2W          pieces 9901…
//
// A part that has a piece to upload takes the first free slot, a range of piece
// numbers; who takes slot 0 writes the object's opening. A part of less than a
// piece in all uploads nothing: it leaves a tail in the state bucket, and the
// commit joins the tails. So a small object is a single PutObject.
//
// A run has an object for each op of its mode. In a batched run it has as many
// of each as the limit makes, and a part writes objects of its own, whole: with
// opening and closing, through all piece numbers of an upload, or as a tail that
// the commit has only to put.
//
//	rows ─► outputs ─┬─ writer of op 0: encode ─► sink: compress, upload ─► target ─► object 0, 3, 6…
//	                 └─ writer of op 1: …
//
// What must stay true: nothing is visible in the destination before Commit; every
// step of Commit may be taken twice; and what can be known to fail is known
// before the first object becomes visible.
package export

import (
	"context"
	"iter"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/source"
)

// Bucket is what an export asks of its destination: the four actions of
// PutObject, AbortMultipartUpload, ListMultipartUploadParts and
// ListBucketMultipartUploads suffice. Head is tried after a crash, and does
// without the permission; ListUploads does too.
type Bucket interface {
	Name() string
	Head(ctx context.Context, key string) (objstore.Object, error)
	Put(ctx context.Context, key string, body []byte, opts objstore.PutOptions) (objstore.Object, error)
	CreateUpload(ctx context.Context, key string, opts objstore.PutOptions) (id string, err error)
	UploadPiece(ctx context.Context, key, id string, number int32, body []byte) (objstore.Piece, error)
	CompleteUpload(ctx context.Context, key, id string, pieces []objstore.Piece, opts objstore.PutOptions) (objstore.Object, error)
	ListPieces(ctx context.Context, key, id string) ([]objstore.Piece, error)
	AbortUpload(ctx context.Context, key, id string) error
	ListUploads(ctx context.Context, prefix string) iter.Seq2[objstore.Upload, error]
}

// Doors opens what definitions name. What it returns is shared and stays open.
type Doors struct {
	// Project returns the definitions of a version.
	Project func(ctx context.Context, id ledger.ProjectID) (*def.Project, error)
	// Source opens the database of a connection.
	Source func(ctx context.Context, c *def.Connection) (source.Database, error)
	// Bucket opens a bucket of a connection; empty is the connection's own.
	Bucket func(ctx context.Context, c *def.Connection, bucket string) (Bucket, error)
	// Format returns the writer of a format by its name.
	Format func(name string) (format.Writer, error)
}

// Export is the verb of syncs, on both sides of the queue. It implements
// run.Verb and run.Worker.
type Export struct {
	ledger *ledger.Ledger
	doors  Doors
	cfg    Config
	log    *zap.Logger

	knowledge knowledge
}

// Config bounds what a part takes.
type Config struct {
	// DiffMemory is how many bytes of rows a part of a run in mode insert or diff
	// holds to sort and compare them. Zero is 64 MiB.
	DiffMemory int64
}

const defaultDiffMemory = 64 << 20

// New returns the verb.
func New(l *ledger.Ledger, doors Doors, cfg Config, log *zap.Logger) *Export {
	if cfg.DiffMemory == 0 {
		cfg.DiffMemory = defaultDiffMemory
	}
	return &Export{ledger: l, doors: doors, cfg: cfg, log: log}
}
