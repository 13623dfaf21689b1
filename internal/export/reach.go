package export

import (
	"context"

	"github.com/longshore/longshore/pkg/fault"
)

// reach asks the destination something harmless, so that a run whose bucket is
// missing or whose store is down fails before it reads a row. What else may be
// wrong is left to the first write to find: a small object needs no permission
// but PutObject.
func reach(ctx context.Context, b Bucket, key string) error {
	for _, err := range b.ListUploads(ctx, key) {
		if err != nil && (fault.KindOf(err).Retryable() || fault.Is(err, fault.NotFound)) {
			return err
		}
		break
	}
	return nil
}
