package s3

import (
	"bytes"
	"context"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/pkg/objstore"
)

// Get returns a whole object. It is for objects that fit in memory; Open streams.
func (b *Bucket) Get(ctx context.Context, key string) ([]byte, objstore.Object, error) {
	s := b.stream(ctx, key, "", 0, -1)
	defer s.Close()
	if err := s.connect(); err != nil {
		return nil, objstore.Object{}, err
	}
	body := make([]byte, s.object.Size)
	if _, err := io.ReadFull(s, body); err != nil {
		return nil, objstore.Object{}, err
	}
	return body, s.object, nil
}

// Head returns what the store knows of an object.
func (b *Bucket) Head(ctx context.Context, key string) (objstore.Object, error) {
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.name, Key: &key})
	if err == nil && out.ETag == nil {
		err = errNotS3
	}
	if err != nil {
		return objstore.Object{}, b.fault(headObject, key, err)
	}
	return object(key, aws.ToInt64(out.ContentLength), out.ETag, out.LastModified), nil
}

// Put writes an object. The answer has no Modified time: the store doesn't say.
// A condition that doesn't hold is a Conflict. It may be one with ourselves: when
// the answer to a write is lost, the write is repeated and finds its own result.
// Who must know compares the content.
func (b *Bucket) Put(ctx context.Context, key string, body []byte, o objstore.PutOptions) (objstore.Object, error) {
	out, err := intoFolder(ctx, func() (*s3.PutObjectOutput, error) {
		return b.client.PutObject(ctx, &s3.PutObjectInput{
			Bucket:        &b.name,
			Key:           &key,
			Body:          bytes.NewReader(body),
			ContentLength: aws.Int64(int64(len(body))),
			ContentType:   optional(o.ContentType),
			IfNoneMatch:   absent(o.IfAbsent),
			IfMatch:       quoted(o.IfMatch),
			Metadata:      o.Metadata,
		}, append(b.unsigned, retryConflicts)...)
	})
	if err == nil && out.ETag == nil {
		err = errNotS3
	}
	if err != nil {
		return objstore.Object{}, b.fault(putObject, key, err)
	}
	return object(key, int64(len(body)), out.ETag, nil), nil
}

// Delete removes an object. That it didn't exist is no error.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return b.fault(deleteObject, key, err)
	}
	return nil
}

func object(key string, size int64, etag *string, modified *time.Time) objstore.Object {
	return objstore.Object{Key: key, Size: size, ETag: unquoted(etag), Modified: aws.ToTime(modified).UTC()}
}

func unquoted(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

func quoted(etag string) *string {
	if etag == "" {
		return nil
	}
	return aws.String(`"` + etag + `"`)
}

func absent(required bool) *string {
	if !required {
		return nil
	}
	return aws.String("*")
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
