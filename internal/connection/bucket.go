package connection

import (
	"context"
	"strconv"
	"strings"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

// Bucket opens a bucket of an S3 connection; empty is the connection's own.
func (o *Opener) Bucket(ctx context.Context, c *def.Connection, bucket string) (*s3.Bucket, error) {
	if err := want(c, def.S3); err != nil {
		return nil, err
	}
	v, err := o.values(c, c.S3.Region, c.S3.AccessKey, c.S3.Secret, c.S3.ARN, c.S3.ExternalID, c.S3.Bucket, c.S3.Endpoint, c.S3.CACert)
	if err != nil {
		return nil, err
	}
	if bucket == "" {
		bucket = v[5]
	}
	if bucket == "" {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "connection %s names no bucket", c.Name), "set S3_BUCKET, or bucket in the sync's destination")
	}
	how := append([]string{"s3", c.Name, bucket, strconv.FormatBool(c.S3.PathStyle)}, v...)
	door, err := shared(o, strings.Join(how, "\x00"), func() (noCloser, error) {
		b, err := s3.Open(ctx, s3.Config{
			Name: c.Name, Bucket: bucket, Region: v[0], AccessKey: v[1], SecretKey: s3.NewSecret(v[2]), RoleARN: v[3], ExternalID: v[4],
			Endpoint: v[6], CACert: v[7], PathStyle: c.S3.PathStyle, PieceSHA256: true,
		})
		return noCloser{b}, err
	})
	return door.Bucket, err
}

// noCloser is a bucket among doors that are closed: it holds nothing open.
type noCloser struct{ *s3.Bucket }

func (noCloser) Close() error { return nil }
