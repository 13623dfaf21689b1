package export

import (
	"context"
	"crypto/md5" //nolint:gosec // S3's ETag of a multipart upload is made of MD5 sums
	"encoding/hex"
	"errors"
	"strconv"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/crc64"
)

// show makes all objects visible, or finds that they are. Uploads come first:
// only they can be found spoiled, and then nothing has been put yet.
func (c *committer) show(ctx context.Context) error {
	var uploads, puts []*candidate
	for _, o := range c.objects {
		if o.Upload != "" {
			uploads = append(uploads, o)
		} else {
			puts = append(puts, o)
		}
	}
	err := several(uploads, func(o *candidate) error { return o.noting(c.complete(ctx, o)) })
	if err == nil {
		err = several(puts, func(o *candidate) error { return o.noting(c.putWhole(ctx, o)) })
	}
	if err != nil {
		return c.explain(ctx, err)
	}
	return nil
}

// noting keeps in mind that a failure to show the object is for good.
func (o *candidate) noting(err error) error {
	o.refused = err != nil && !passes(err)
	return err
}

// passes reports whether the commit may get further when it is tried again.
func passes(err error) bool { return fault.KindOf(err).Retryable() || fault.Is(err, fault.Canceled) }

// several does something with many objects, a few at a time. After a failure it
// begins no more of them, and lets those that it began go to their end.
func several(objects []*candidate, do func(*candidate) error) error {
	var failed atomic.Bool
	var group errgroup.Group
	group.SetLimit(objectsAtOnce)
	for _, o := range objects {
		group.Go(func() error {
			if failed.Load() {
				return nil
			}
			err := do(o)
			if err != nil {
				failed.Store(true)
			}
			return err
		})
	}
	return group.Wait()
}

// putWhole writes an object that no part had a piece of.
func (c *committer) putWhole(ctx context.Context, o *candidate) (err error) {
	body := o.body
	if o.whole() {
		if body, err = c.e.ledger.Tail(ctx, c.run.ID, c.plan.Epoch, o.segments[0].Tail); err != nil {
			return err
		}
	}
	obj, err := c.putOnce(ctx, o.Key, body)
	if err != nil {
		return err
	}
	whole := objstore.Piece{Number: 1, ETag: obj.ETag, Size: int64(len(body)), SHA256: sha256hex(body), CRC64: crc64.Checksum(body)}
	c.shown(o, obj.ETag, []objstore.Piece{whole})
	return nil
}

// putOnce puts an object, or finds that an earlier attempt at this commit did.
func (c *committer) putOnce(ctx context.Context, key string, body []byte) (objstore.Object, error) {
	if c.again && c.put.IfAbsent {
		// A store may refuse before it has read a large body, and hang up.
		if obj, err := c.bucket.Head(ctx, key); err == nil {
			return mine(obj, body)
		}
	}
	obj, err := c.bucket.Put(ctx, key, body, c.put)
	switch {
	case !fault.Is(err, fault.Conflict):
		return obj, err
	case !c.again:
		return obj, exists(key)
	}
	obj, err = c.bucket.Head(ctx, key)
	switch {
	case fault.Is(err, fault.Denied):
		return objstore.Object{Key: key, Size: int64(len(body))}, nil
	case err != nil:
		return obj, err
	}
	return mine(obj, body)
}

// mine tells an object that the leader before us put from one that somebody else
// had there all along.
func mine(obj objstore.Object, body []byte) (objstore.Object, error) {
	if !holds(obj, body) {
		return obj, exists(obj.Key)
	}
	return obj, nil
}

// shown is told of an object that is visible.
func (c *committer) shown(o *candidate, etag string, pieces []objstore.Piece) {
	d := c.describe(o, etag, pieces)
	o.visible, o.body = &d, nil
}

// complete makes a multipart upload visible.
func (c *committer) complete(ctx context.Context, o *candidate) error {
	obj, err := c.bucket.CompleteUpload(ctx, o.Key, o.Upload, o.Pieces, c.put)
	switch {
	case err == nil:
		c.shown(o, obj.ETag, o.Pieces)
		return nil
	case errors.Is(err, objstore.ErrPieceChanged):
		return &run.SpoiledError{Parts: o.uploaders(), Err: err}
	case errors.Is(err, objstore.ErrNoUpload):
		return c.completedBefore(ctx, o)
	case fault.Is(err, fault.Conflict):
		return c.conflicted(ctx, o)
	}
	return err
}

// conflicted is called when the object exists and on_conflict is fail. It may be
// ours: stores look at the condition before they look whether the upload was
// completed by an earlier call. An upload that is still open made no object.
func (c *committer) conflicted(ctx context.Context, o *candidate) error {
	_, err := c.bucket.ListPieces(ctx, o.Key, o.Upload)
	switch {
	case errors.Is(err, objstore.ErrNoUpload):
		return c.completedBefore(ctx, o)
	case err != nil && passes(err):
		return err
	}
	return exists(o.Key)
}

// completedBefore is called when the upload isn't open any more, although only
// the commit closes it. The object's ETag tells whether it was: it is made of
// those of the pieces. Without the permission to look, we rely on the ledger:
// nobody of ours aborts an upload of a committing run, which began when it was
// seen or by an earlier attempt. An upload that nobody saw may never have become
// an object: TestARemovedUploadIsFoundOut.
func (c *committer) completedBefore(ctx context.Context, o *candidate) error {
	obj, err := c.bucket.Head(ctx, o.Key)
	if fault.Is(err, fault.Denied) && !c.again && !o.seen {
		return c.unseen(o.Key)
	}
	if fault.Is(err, fault.Denied) {
		c.shown(o, "", o.Pieces)
		return nil
	}
	if err != nil {
		return err
	}
	if want := multipartETag(o.Pieces); want != "" && obj.ETag != want {
		return removed(o.Key)
	}
	c.shown(o, obj.ETag, o.Pieces)
	return nil
}

func removed(key string) error {
	return fault.WithRemedy(
		fault.New(fault.Invalid, "commit %s: the upload was removed from outside, or the object was overwritten since", key),
		"check the bucket's lifecycle rules for multipart uploads and run the sync again")
}

// unseen is the end of a commit that may not look what became of its upload.
func (c *committer) unseen(key string) error {
	return fault.WithRemedy(
		fault.New(fault.Denied, "commit %s: the upload is not open any more, and whether it became an object can't be seen", key),
		"grant s3:ListMultipartUploadParts on arn:aws:s3:::%s/*, and run the sync again", c.shared.Bucket)
}

func exists(key string) error {
	return fault.WithRemedy(fault.New(fault.Invalid, "write %s: the object exists and on_conflict is fail", key),
		"use another path, or on_conflict: overwrite")
}

// holds reports whether an object's content is body, as far as a store's answer
// tells: by the MD5 sum where the ETag is one, else by the size.
func holds(obj objstore.Object, body []byte) bool {
	if raw, err := hex.DecodeString(obj.ETag); err == nil && len(raw) == md5.Size && obj.Size == int64(len(body)) {
		sum := md5.Sum(body) //nolint:gosec // as above
		return string(raw) == string(sum[:])
	}
	return obj.Size == int64(len(body))
}

// multipartETag returns the ETag that S3 gives an object of these pieces, or ""
// where the pieces' ETags aren't MD5 sums.
func multipartETag(pieces []objstore.Piece) string {
	sum := md5.New() //nolint:gosec // as above
	for _, p := range pieces {
		raw, err := hex.DecodeString(p.ETag)
		if err != nil || len(raw) != md5.Size {
			return ""
		}
		sum.Write(raw)
	}
	return hex.EncodeToString(sum.Sum(nil)) + "-" + strconv.Itoa(len(pieces))
}
