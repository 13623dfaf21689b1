package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/crc64"
)

// CreateUpload opens a multipart upload. Its conditions are checked by
// CompleteUpload, not here.
func (b *Bucket) CreateUpload(ctx context.Context, key string, o objstore.PutOptions) (id string, err error) {
	out, err := b.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &b.name, Key: &key, ContentType: optional(o.ContentType), Metadata: o.Metadata,
	})
	if err == nil && out.UploadId == nil {
		err = errNotS3
	}
	if err != nil {
		return "", b.fault(createUpload, key, err)
	}
	return aws.ToString(out.UploadId), nil
}

// UploadPiece uploads one piece of 5 MiB or more; only the last may be smaller.
// A piece of the same number that was there is replaced. The answer has the
// CRC-64/NVME of body, and its SHA-256 when the configuration asks for it.
func (b *Bucket) UploadPiece(ctx context.Context, key, id string, number int32, body []byte) (objstore.Piece, error) {
	piece := objstore.Piece{Number: number, Size: int64(len(body))}
	var summing sync.WaitGroup
	summing.Go(func() { b.sum(&piece, body) }) // while the store is busy with it
	defer summing.Wait()
	out, err := b.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &b.name, Key: &key, UploadId: &id, PartNumber: &number,
		Body: bytes.NewReader(body), ContentLength: aws.Int64(int64(len(body))),
	}, b.unsigned...)
	if err == nil && out.ETag == nil {
		err = errNotS3
	}
	if err != nil {
		return objstore.Piece{}, b.fault(uploadPiece, key, err)
	}
	summing.Wait()
	piece.ETag = unquoted(out.ETag)
	return piece, nil
}

func (b *Bucket) sum(piece *objstore.Piece, body []byte) {
	piece.CRC64 = crc64.Checksum(body)
	if b.hashing {
		sum := sha256.Sum256(body)
		piece.SHA256 = hex.EncodeToString(sum[:])
	}
}

// CompleteUpload makes the object visible, from the given pieces in ascending
// order. A condition of o that doesn't hold is a Conflict. A piece that isn't
// the one named is a Conflict and ErrPieceChanged; the upload stays open. An
// upload that isn't open is NotFound and ErrNoUpload: maybe an earlier call
// completed it, which Head tells. Some stores answer such a call again instead.
func (b *Bucket) CompleteUpload(
	ctx context.Context, key, id string, pieces []objstore.Piece, o objstore.PutOptions,
) (objstore.Object, error) {
	parts := make([]types.CompletedPart, len(pieces))
	var size int64
	for i, p := range pieces {
		parts[i] = types.CompletedPart{PartNumber: aws.Int32(p.Number), ETag: quoted(p.ETag)}
		size += p.Size
	}
	out, err := intoFolder(ctx, func() (*s3.CompleteMultipartUploadOutput, error) {
		return b.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
			Bucket: &b.name, Key: &key, UploadId: &id,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
			IfNoneMatch:     absent(o.IfAbsent), IfMatch: quoted(o.IfMatch),
		})
	})
	if err == nil && out.ETag == nil {
		err = errNotS3
	}
	if err != nil {
		return objstore.Object{}, b.fault(completeUpload, key, err)
	}
	return object(key, size, out.ETag, nil), nil
}

// AbortUpload closes an upload and frees its pieces. That it isn't open is no error.
func (b *Bucket) AbortUpload(ctx context.Context, key, id string) error {
	_, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.name, Key: &key, UploadId: &id})
	if err == nil || code(err) == "NoSuchUpload" {
		return nil
	}
	return b.fault(abortUpload, key, err)
}

// ListPieces returns the pieces of an open upload in ascending order, without
// checksums.
func (b *Bucket) ListPieces(ctx context.Context, key, id string) ([]objstore.Piece, error) {
	var pieces []objstore.Piece
	in := &s3.ListPartsInput{Bucket: &b.name, Key: &key, UploadId: &id}
	for {
		out, err := b.client.ListParts(ctx, in)
		if err != nil {
			return nil, b.fault(listPieces, key, err)
		}
		for _, p := range out.Parts {
			pieces = append(pieces, objstore.Piece{
				Number: aws.ToInt32(p.PartNumber), ETag: unquoted(p.ETag), Size: aws.ToInt64(p.Size),
			})
		}
		if !aws.ToBool(out.IsTruncated) {
			return pieces, nil
		}
		in.PartNumberMarker = out.NextPartNumberMarker
	}
}

// ListUploads streams the open uploads whose keys begin with prefix. MinIO
// answers only for a prefix that is a whole key.
func (b *Bucket) ListUploads(ctx context.Context, prefix string) iter.Seq2[objstore.Upload, error] {
	return func(yield func(objstore.Upload, error) bool) {
		in := &s3.ListMultipartUploadsInput{
			Bucket: &b.name, Prefix: optional(prefix), EncodingType: types.EncodingTypeUrl,
		}
		for {
			out, err := b.client.ListMultipartUploads(ctx, in)
			if err != nil {
				yield(objstore.Upload{}, b.fault(listUploads, prefix, err))
				return
			}
			for _, u := range out.Uploads {
				key, err := decoded(out.EncodingType, u.Key)
				if err != nil {
					yield(objstore.Upload{}, b.fault(listUploads, prefix, err))
					return
				}
				upload := objstore.Upload{Key: key, ID: aws.ToString(u.UploadId), Initiated: aws.ToTime(u.Initiated).UTC()}
				if !yield(upload, nil) {
					return
				}
			}
			if !aws.ToBool(out.IsTruncated) {
				return
			}
			marker, err := decoded(out.EncodingType, out.NextKeyMarker)
			if err != nil {
				yield(objstore.Upload{}, b.fault(listUploads, prefix, err))
				return
			}
			in.KeyMarker, in.UploadIdMarker = &marker, out.NextUploadIdMarker
		}
	}
}
