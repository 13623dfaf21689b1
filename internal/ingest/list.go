package ingest

import (
	"context"
	"iter"

	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/objstore"
)

// listPage is how many keys are compared with the file ledger at a time: as many
// as S3 gives with one request.
const listPage = 1000

// matching streams the objects of a bucket that match a pattern, in the order of
// their keys' bytes, each once. It keeps a page of them.
func matching(ctx context.Context, b Bucket, p *plan.Pattern) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		for _, prefix := range p.Prefixes {
			for obj, err := range b.List(ctx, prefix, "") {
				if err == nil && !p.Match(obj.Key) {
					continue
				}
				if !yield(obj, err) || err != nil {
					return
				}
			}
		}
	}
}

// candidates sends the files that the datasource may take, a page at a time,
// whether they are known or not. It ends when ctx does.
func (j *job) candidates(ctx context.Context, pages chan<- []plan.File) error {
	page := make([]plan.File, 0, listPage)
	send := func() bool {
		select {
		case pages <- page:
			page = make([]plan.File, 0, listPage)
			return true
		case <-ctx.Done():
			return false
		}
	}
	for obj, err := range matching(ctx, j.bucket, j.pattern) {
		if err != nil {
			return err
		}
		if obj.Modified.Before(j.ds.Import.FromTimestamp) || !j.until.IsZero() && !obj.Modified.Before(j.until) {
			continue
		}
		page = append(page, fileOf(obj))
		if len(page) == listPage && !send() {
			return ctx.Err()
		}
	}
	if len(page) > 0 && !send() {
		return ctx.Err()
	}
	return nil
}

func fileOf(obj objstore.Object) plan.File {
	return plan.File{Key: obj.Key, ETag: obj.ETag, Size: obj.Size, Modified: obj.Modified}
}
