package export_test

import (
	"context"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/connection"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// granted is a bucket of a user who may write and perhaps list pieces, and never
// look at objects.
type granted struct {
	export.Bucket
	listPieces bool
}

func (b granted) Head(context.Context, string) (objstore.Object, error) {
	return objstore.Object{}, fault.New(fault.Denied, "s3:GetObject: AccessDenied")
}

func (b granted) ListPieces(ctx context.Context, key, id string) ([]objstore.Piece, error) {
	if !b.listPieces {
		return nil, fault.New(fault.Denied, "s3:ListMultipartUploadParts: AccessDenied")
	}
	return b.Bucket.ListPieces(ctx, key, id)
}

// Between the last piece and the commit somebody removes the upload of a run's
// only object. The run says so, whatever its user may look at, and isn't done.
func TestARemovedUploadIsFoundOut(t *testing.T) {
	for _, tt := range []struct {
		name       string
		listPieces bool
		want       string
	}{
		{"with the four actions", true, "commit orders.csv: the upload was removed from outside"},
		{"without ListMultipartUploadParts", false, "grant s3:ListMultipartUploadParts on arn:aws:s3:::"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, large, "  path: orders.csv\n  format: csv\n", 1)
			parts := s.parts()
			upload, err := s.ledger.Upload(t.Context(), s.run.ID, 1, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.data.AbortUpload(t.Context(), "orders.csv", upload); err != nil {
				t.Fatal(err)
			}
			l := ledger.New(s.state, "", nil)
			doors := connection.New(l, connection.Secrets{}, "")
			t.Cleanup(func() { doors.Close() })
			e := export.New(l, export.Doors{
				Project: doors.Project, Source: doors.Source, Format: s.formats,
				Bucket: func(ctx context.Context, c *def.Connection, name string) (export.Bucket, error) {
					b, err := doors.Bucket(ctx, c, name)
					return granted{b, tt.listPieces}, err
				},
			}, export.Config{}, zap.NewNop())
			_, err = e.Commit(t.Context(), s.run, s.plan, parts)
			if err == nil || fault.KindOf(err).Retryable() || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if s.body("orders.csv") != nil {
				t.Error("there is an object")
			}
		})
	}
}
