// Package ledger is the durable record of what was asked, planned and done:
// definitions, runs, their parts, and who leads. It lives in the state bucket
// and needs nothing of it but conditional puts. Beside the records it keeps
// files, which are large: rows on their way from one part to another, and those
// that a sync sent last.
//
// What must stay true:
//
//   - A record changes by compare-and-swap, or it never changes once written.
//     So two producers, or two attempts at one part, can do no harm together:
//     the second gets a Conflict.
//   - Everything that a new leader needs to finish a run is here. Redis may be
//     flushed and every process killed.
//   - Names of records sort: a listing in the store's own order is what a reader
//     wants (runs newest first, parts by number).
//
// The layout, under the prefix of LONGSHORE_STATE_URI:
//
//	leader.json                         who leads                      swap
//	project/current.json                the version in force           swap
//	project/v/7-0b1c2d3e.json           definitions                    once
//	subjects/KIND/NAME.json             active and queued run, ticks   swap
//	alerts/KIND/NAME.json               what was said, and is to be    swap
//	columns/NAME.json                   what files added to a table    swap
//	baselines/NAME/head.json            the version in force: run      swap
//	baselines/NAME/v/RUN.json           a version                      once
//	baselines/NAME/files/RUN/e1/…       its rows                       once
//	packs/NAME.json                     small files stored together    swap
//	replays/NAME.json                   quarantined rows on their way  swap
//	replays/NAME/BATCH                  what only files have of them   deleted
//	backfills/NAME.json                 what it is, how far it is      swap
//	keys/HASH.json                      idempotency key → run          once
//	open/RUN                            marker of an unfinished run    deleted
//	history/KIND/NAME/INVERTED          index of runs, newest first    once
//	uploads/FILE                        the open upload of a file      deleted
//	runs/RUN/run.json                   state, totals, error           swap
//	runs/RUN/cancel.json                somebody asked to stop         once
//	runs/RUN/manifest.json              what the run wrote             once
//	runs/RUN/intent.json                the commit in progress         once
//	runs/RUN/e1/plan.json               the parts                      once
//	runs/RUN/e1/plan/00003.json         one part's work                once
//	runs/RUN/e1/part/00003.json         what the part did              once
//	runs/RUN/e1/dead/00003.json         why it can't be done           once
//	runs/RUN/e1/count/FILE-00003.json   rows in a range of a file       once
//	runs/RUN/e1/object/OP-0000001.json  which part writes a batch      once
//	runs/RUN/e1/opening/0000000-ULID.json  an upload may come to be    deleted
//	runs/RUN/e1/upload/0000000.json     the upload of an object        once
//	runs/RUN/e1/slot/0000000-00000.json which part has which pieces    once
//	runs/RUN/e1/tail/0000000-00003-ATTEMPT  bytes for the commit       once
//	runs/RUN/e1/shuffle/…               rows for the second wave       once
package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"time"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// Store is what the ledger asks of its bucket. Put must honour IfAbsent and
// IfMatch with an error of kind Conflict, Get answers NotFound for a missing
// key, and both must be strongly consistent.
type Store interface {
	Get(ctx context.Context, key string) ([]byte, objstore.Object, error)
	Put(ctx context.Context, key string, body []byte, opts objstore.PutOptions) (objstore.Object, error)
	Delete(ctx context.Context, key string) error
	List(ctx context.Context, prefix, startAfter string) iter.Seq2[objstore.Object, error]

	// For files. Open yields fewer bytes than asked for where the object ends.
	Open(ctx context.Context, key, etag string, offset, length int64) (io.ReadCloser, error)
	CreateUpload(ctx context.Context, key string, opts objstore.PutOptions) (id string, err error)
	UploadPiece(ctx context.Context, key, id string, number int32, body []byte) (objstore.Piece, error)
	CompleteUpload(ctx context.Context, key, id string, pieces []objstore.Piece, opts objstore.PutOptions) (objstore.Object, error)
	AbortUpload(ctx context.Context, key, id string) error
}

// Ledger reads and writes records. It is safe for concurrent use.
type Ledger struct {
	store  Store
	prefix string           // ends in "/" unless empty
	now    func() time.Time // in UTC
}

// New returns a ledger over the objects of store whose keys begin with prefix.
// The clock now is for the times in records; nil is the system's.
func New(store Store, prefix string, now func() time.Time) *Ledger {
	if prefix != "" && prefix[len(prefix)-1] != '/' {
		prefix += "/"
	}
	if now == nil {
		now = time.Now
	}
	return &Ledger{store: store, prefix: prefix, now: func() time.Time { return now().UTC() }}
}

// Now returns the ledger's time, in UTC.
func (l *Ledger) Now() time.Time { return l.now() }

// get reads a record into v and returns the version to swap it by.
func (l *Ledger) get(ctx context.Context, key string, v any) (version string, err error) {
	body, obj, err := l.store.Get(ctx, l.prefix+key)
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return "", fault.New(fault.Invalid, "read record %s: %w", l.prefix+key, err)
	}
	return obj.ETag, nil
}

// create writes a record that never existed. The error is a Conflict when it does.
func (l *Ledger) create(ctx context.Context, key string, v any) error {
	return l.put(ctx, key, v, objstore.PutOptions{IfAbsent: true})
}

// swap writes a record over the given version, or a new one where it is empty.
func (l *Ledger) swap(ctx context.Context, key, version string, v any) error {
	if version == "" {
		return l.create(ctx, key, v)
	}
	return l.put(ctx, key, v, objstore.PutOptions{IfMatch: version})
}

func (l *Ledger) put(ctx context.Context, key string, v any, opts objstore.PutOptions) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fault.New(fault.Invalid, "encode record %s: %w", key, err)
	}
	opts.ContentType = "application/json"
	_, err = l.store.Put(ctx, l.prefix+key, body, opts)
	if fault.Is(err, fault.Conflict) && l.holds(ctx, key, body) {
		return nil // we conflict with ourselves: the answer to our write was lost, and it was repeated
	}
	return err
}

func (l *Ledger) holds(ctx context.Context, key string, body []byte) bool {
	stored, _, err := l.store.Get(ctx, l.prefix+key)
	return err == nil && bytes.Equal(stored, body)
}

// update reads a record, lets change edit it, and swaps it, as often as others
// get in between. A missing record is the zero T. When change returns an error
// nothing is written.
func update[T any](ctx context.Context, l *Ledger, key string, change func(*T) error) (T, error) {
	for {
		var rec T
		version, err := l.get(ctx, key, &rec)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return rec, err
		}
		if err := change(&rec); err != nil {
			return rec, err
		}
		err = l.swap(ctx, key, version, rec)
		if !fault.Is(err, fault.Conflict) {
			return rec, err
		}
		if err := ctx.Err(); err != nil {
			return rec, err
		}
	}
}

// names yields the keys under dir, without it, after the given one.
func (l *Ledger) names(ctx context.Context, dir, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		start := ""
		if after != "" {
			start = l.prefix + dir + after
		}
		for obj, err := range l.store.List(ctx, l.prefix+dir, start) {
			if err != nil {
				yield("", err)
				return
			}
			if !yield(obj.Key[len(l.prefix)+len(dir):], nil) {
				return
			}
		}
	}
}
