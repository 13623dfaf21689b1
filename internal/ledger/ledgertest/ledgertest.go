// Package ledgertest opens ledgers in real buckets for tests.
package ledgertest

import (
	"testing"
	"time"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

// New returns a ledger in a fresh bucket of the test binary's MinIO. A nil
// clock is the system's.
func New(t testing.TB, now func() time.Time) *ledger.Ledger {
	t.Helper()
	store := servertest.MinIO(t)
	return ledger.New(Bucket(t, store, store.NewBucket(t)), "state", now)
}

// Bucket opens a bucket of a test server.
func Bucket(t testing.TB, store servertest.S3, name string) *s3.Bucket {
	t.Helper()
	b, err := s3.Open(t.Context(), s3.Config{
		Name: "test", Bucket: name, Region: store.Region, Endpoint: store.Endpoint, PathStyle: true,
		AccessKey: store.AccessKey, SecretKey: s3.NewSecret(store.Secret),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
