package s3_test

import (
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

// A store on a file system removes folders that become empty, also while another
// object is put there. MinIO answers such a put with AccessDenied.
func TestPutsBesideDeletes(t *testing.T) { inEachStore(t, testPutsBesideDeletes) }

func testPutsBesideDeletes(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	var group errgroup.Group
	for worker := range 8 {
		group.Go(func() error {
			for i := range 150 {
				key := fmt.Sprintf("uploads/runs/%d/shuffle/%d-%d", i%3, worker, i)
				if _, err := b.Put(t.Context(), key, []byte("x"), objstore.PutOptions{}); err != nil {
					return err
				}
				if err := b.Delete(t.Context(), key); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}
