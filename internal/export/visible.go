package export

import (
	"context"
	"crypto/md5" //nolint:gosec // S3's ETag of a multipart upload is made of MD5 sums
	"encoding/hex"
	"errors"
	"strconv"

	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/crc64"
)

// putWhole writes an object that no part had a piece of.
func (c *committer) putWhole(ctx context.Context, body []byte) (Object, error) {
	obj, err := c.bucket.Put(ctx, c.shared.Key, body, c.put)
	if fault.Is(err, fault.Conflict) && c.again {
		// Only with on_conflict: fail. Either the leader before us put it, or
		// somebody else's object was there all along.
		if obj, err = c.bucket.Head(ctx, c.shared.Key); fault.Is(err, fault.Denied) {
			obj, err = objstore.Object{Key: c.shared.Key, Size: int64(len(body))}, nil
		}
		if err == nil && !holds(obj, body) {
			err = c.exists()
		}
	} else if fault.Is(err, fault.Conflict) {
		err = c.exists()
	}
	if err != nil {
		return Object{}, err
	}
	whole := objstore.Piece{Number: 1, ETag: obj.ETag, Size: int64(len(body)), SHA256: sha256hex(body), CRC64: crc64.Checksum(body)}
	return c.describe(obj.ETag, []objstore.Piece{whole}), nil
}

// complete makes a multipart upload visible.
func (c *committer) complete(ctx context.Context, in intent) (Object, error) {
	obj, err := c.bucket.CompleteUpload(ctx, c.shared.Key, in.Upload, in.Pieces, c.put)
	switch {
	case err == nil:
		return c.describe(obj.ETag, in.Pieces), nil
	case errors.Is(err, objstore.ErrPieceChanged):
		if err := c.e.ledger.DropIntent(ctx, c.run.ID); err != nil {
			return Object{}, err
		}
		return Object{}, &run.SpoiledError{Parts: c.uploaders(), Err: err}
	case errors.Is(err, objstore.ErrNoUpload):
		return c.completedBefore(ctx, in.Pieces)
	case fault.Is(err, fault.Conflict):
		return c.conflicted(ctx, in)
	}
	return Object{}, err
}

// conflicted is called when the object exists and on_conflict is fail. It may be
// ours: stores look at the condition before they look whether the upload was
// completed by an earlier call. An upload that is still open made no object.
func (c *committer) conflicted(ctx context.Context, in intent) (Object, error) {
	_, err := c.bucket.ListPieces(ctx, c.shared.Key, in.Upload)
	switch {
	case errors.Is(err, objstore.ErrNoUpload):
		return c.completedBefore(ctx, in.Pieces)
	case err != nil && fault.KindOf(err).Retryable(), fault.Is(err, fault.Canceled):
		return Object{}, err
	}
	return Object{}, c.exists()
}

// completedBefore is called when the upload isn't open any more, although only
// the commit closes it. The object's ETag tells whether it was: it is made of
// those of the pieces. Without the permission to look, we rely on the ledger:
// nobody aborts an upload of a committing run.
func (c *committer) completedBefore(ctx context.Context, pieces []objstore.Piece) (Object, error) {
	obj, err := c.bucket.Head(ctx, c.shared.Key)
	if fault.Is(err, fault.Denied) {
		return c.describe("", pieces), nil
	}
	if err != nil {
		return Object{}, err
	}
	if want := multipartETag(pieces); want != "" && obj.ETag != want {
		return Object{}, fault.WithRemedy(
			fault.New(fault.Invalid, "commit %s: the upload was removed from outside, or the object was overwritten since", c.shared.Key),
			"check the bucket's lifecycle rules for multipart uploads and run the sync again")
	}
	return c.describe(obj.ETag, pieces), nil
}

func (c *committer) exists() error {
	return fault.WithRemedy(fault.New(fault.Invalid, "write %s: the object exists and on_conflict is fail", c.shared.Key),
		"use another path, or on_conflict: overwrite")
}

// uploaders returns the parts that uploaded pieces.
func (c *committer) uploaders() []int {
	var parts []int
	for _, s := range c.segments {
		if s.Slot >= 0 {
			parts = append(parts, s.part)
		}
	}
	return parts
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
