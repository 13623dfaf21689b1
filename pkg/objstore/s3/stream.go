package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/pkg/objstore"
)

const (
	// maxReconnects is how often in a row a stream is resumed.
	maxReconnects = 5
	// progress ends a row of reconnects, in bytes.
	progress = 64 << 10
	// firstPause doubles with each reconnect in a row.
	firstPause = 100 * time.Millisecond
)

// Open streams length bytes of an object from offset on; a negative length means
// to the end. With an etag only that version is read; without one, the version
// that is there when the reading begins. A version that is gone is NotFound and
// ErrChanged. A connection that breaks is opened again at the byte that was
// reached, a few times in a row. The stream lives no longer than ctx. An offset
// behind the end is Invalid; a range that reaches behind it is cut.
func (b *Bucket) Open(ctx context.Context, key, etag string, offset, length int64) (io.ReadCloser, error) {
	s := b.stream(ctx, key, etag, offset, length)
	if err := s.connect(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (b *Bucket) stream(ctx context.Context, key, etag string, offset, length int64) *stream {
	ctx, cancel := context.WithCancel(ctx)
	return &stream{ctx: ctx, cancel: cancel, bucket: b, key: key, etag: etag, next: offset, left: length}
}

// stream is one range of one version of an object.
type stream struct {
	ctx     context.Context // of all requests; ends with Close
	cancel  context.CancelFunc
	bucket  *Bucket
	key     string
	etag    string          // empty until the first answer
	next    int64           // offset of the next byte
	left    int64           // bytes to read; negative until the first answer when open-ended
	body    io.ReadCloser   // nil when not connected
	object  objstore.Object // of the first answer
	broken  int             // breaks in a row
	resumed int64           // bytes read since the last break
}

// connect asks for what is left to read.
func (s *stream) connect() error {
	if s.left == 0 {
		return nil
	}
	out, err := s.bucket.client.GetObject(s.ctx, &s3.GetObjectInput{
		Bucket: &s.bucket.name, Key: &s.key, IfMatch: quoted(s.etag), Range: byteRange(s.next, s.left),
	})
	if err == nil && (out.ETag == nil || out.ContentLength == nil) {
		out.Body.Close()
		err = errNotS3
	}
	if err != nil {
		return s.bucket.fault(getObject, s.key, err)
	}
	s.body = out.Body
	if s.object.Key == "" {
		s.object = object(s.key, total(out), out.ETag, out.LastModified)
		s.etag = s.object.ETag
		s.left = aws.ToInt64(out.ContentLength)
	}
	return nil
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	for s.left != 0 && len(p) > 0 {
		if s.body == nil {
			if err := s.connect(); err != nil {
				return 0, err
			}
		}
		n, err := s.body.Read(p[:min(int64(len(p)), s.left)])
		s.advance(int64(n))
		if err != nil && s.left > 0 {
			if err := s.pause(err); err != nil {
				return n, err
			}
		}
		if n > 0 {
			return n, nil
		}
	}
	if s.left == 0 {
		return 0, io.EOF
	}
	return 0, nil
}

func (s *stream) advance(n int64) {
	s.next, s.left, s.resumed = s.next+n, s.left-n, s.resumed+n
	if s.resumed >= progress {
		s.broken = 0
	}
}

// pause drops a connection that ended early and waits before the next.
func (s *stream) pause(cause error) error {
	s.body.Close()
	s.body, s.resumed = nil, 0
	if errors.Is(cause, io.EOF) {
		cause = io.ErrUnexpectedEOF
	}
	s.broken++
	if s.broken > maxReconnects {
		return s.bucket.fault(getObject, s.key, fmt.Errorf("broke %d times at byte %d: %w", s.broken, s.next, cause))
	}
	timer := time.NewTimer(firstPause << (s.broken - 1))
	defer timer.Stop()
	select {
	case <-s.ctx.Done():
		return s.bucket.fault(getObject, s.key, s.ctx.Err())
	case <-timer.C:
		return nil
	}
}

// Close implements io.Closer. It doesn't wait for the rest of the content.
func (s *stream) Close() error {
	s.cancel()
	if s.body != nil {
		s.body.Close()
	}
	return nil
}

func byteRange(offset, length int64) *string {
	switch {
	case offset == 0 && length < 0:
		return nil // an empty object has no range that could be asked for
	case length < 0:
		return aws.String(fmt.Sprintf("bytes=%d-", offset))
	}
	return aws.String(fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))
}

// total is the size of the whole object, of which out may be a range.
func total(out *s3.GetObjectOutput) int64 {
	_, size, found := strings.Cut(aws.ToString(out.ContentRange), "/")
	if n, err := strconv.ParseInt(size, 10, 64); found && err == nil {
		return n
	}
	return aws.ToInt64(out.ContentLength)
}
