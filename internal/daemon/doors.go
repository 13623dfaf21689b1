package daemon

import (
	"context"
	"io"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ingest"
	formats "github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

func (c *core) exportDoors() export.Doors {
	return export.Doors{
		Project: c.doors.Project,
		Source:  c.doors.Source,
		Format:  formats.Writer,
		Bucket: func(ctx context.Context, conn *def.Connection, bucket string) (export.Bucket, error) {
			return c.doors.Bucket(ctx, conn, bucket)
		},
	}
}

func (c *core) ingestDoors() ingest.Doors {
	return ingest.Doors{
		Project: c.doors.Project,
		Format:  formats.Reader,
		Bucket: func(ctx context.Context, conn *def.Connection, bucket string) (ingest.Bucket, error) {
			b, err := c.doors.Bucket(ctx, conn, bucket)
			return ingestBucket{b}, err
		},
		Warehouse: func(ctx context.Context, conn *def.Connection) (ingest.Warehouse, error) {
			return c.doors.ClickHouse(ctx, conn)
		},
	}
}

// readAhead is how much a reader that jumps keeps of what it read in small pieces,
// in bytes.
const readAhead = 16 << 20

// ingestBucket gives a bucket's reader that jumps the shape that ingest asks for.
type ingestBucket struct{ *s3.Bucket }

func (b ingestBucket) ReaderAt(ctx context.Context, obj objstore.Object) io.ReaderAt {
	return b.Bucket.ReaderAt(ctx, obj, readAhead)
}
