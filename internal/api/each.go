package api

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// atOnce is how many records of the ledger one request reads at a time.
const atOnce = 8

// each calls do for every index below n, a few at a time, and returns the first
// error.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range n {
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}

func countOf(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
