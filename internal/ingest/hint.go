package ingest

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/event"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// looksAtOnce is how many keys are looked at in the bucket at a time.
const looksAtOnce = 8

// Hint has a run look at objects that events told of, if any of them is the
// datasource's and new, and returns that run. It may be called anywhere: which
// keys the run is to look at is in its record. An event that comes again, late or
// about nothing makes no run (TestEventsAreHints), unless its object is being
// ingested: then the run finds nothing. One that is lost leaves its object to the
// next listing.
func (i *Ingest) Hint(ctx context.Context, id ledger.ProjectID, name string, objects []event.Object) (ledger.RunID, error) {
	j, err := i.open(ctx, id, name)
	if err != nil {
		return "", err
	}
	keys := j.concerned(objects)
	subject := ledger.Subject{Kind: ledger.Ingest, Name: name}
	if sub, err := i.ledger.Subject(ctx, subject); err != nil || len(keys) == 0 || !sub.PausedAt.IsZero() {
		return "", err
	}
	taken, err := j.look(ctx, keys, len(keys))
	if fault.Is(err, fault.NotFound) { // the tables aren't made yet, or the bucket isn't
		if err = i.ensure(ctx, j); err == nil {
			taken, err = j.look(ctx, keys, len(keys))
		}
	}
	if err != nil {
		return "", err
	}
	by := ledger.Trigger{By: "event"}
	for _, f := range taken.Files() {
		by.Keys = append(by.Keys, f.Key)
	}
	if len(by.Keys) == 0 {
		return "", nil
	}
	r, err := i.ledger.Create(ctx, subject, id, by, "")
	if errors.Is(err, ledger.ErrAlreadyQueued) {
		err = nil // it looks at these too
	}
	return r.ID, err
}

// concerned returns the keys of the objects that the datasource's pattern matches.
func (j *job) concerned(objects []event.Object) []string {
	var keys []string
	for _, o := range objects {
		if o.Bucket == j.pattern.Bucket && j.pattern.Match(o.Key) {
			keys = append(keys, o.Key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// look returns the files of these keys that are to be ingested, most at most.
// The bucket says what they are: an event may be older than the object.
func (j *job) look(ctx context.Context, keys []string, most int) (*plan.Selection, error) {
	found := make([]*objstore.Object, len(keys))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(looksAtOnce)
	for n, key := range keys {
		group.Go(func() error {
			for obj, err := range j.bucket.List(groupCtx, key, "") {
				if err == nil && obj.Key == key {
					found[n] = &obj
				}
				return err // the key itself is the first that begins with it
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var files []plan.File
	for _, obj := range found {
		if obj != nil && !obj.Modified.Before(j.ds.Import.FromTimestamp) {
			files = append(files, fileOf(*obj))
		}
	}
	taken := plan.NewSelection(most)
	for page := range slices.Chunk(files, listPage) {
		if err := j.offer(ctx, page, taken, map[clickhouse.FileVersion]bool{}); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// selected returns the files of a run: those that a scan just found, those of the
// keys that events told of, or what a scan now finds.
func (i *Ingest) selected(ctx context.Context, r ledger.Run, j *job) (selection, error) {
	keys := r.Trigger.Keys
	if len(keys) == 0 {
		if found, ok := i.take(r.Project, r.Subject.Name); ok {
			return found, nil
		}
		return i.scan(ctx, r.Project, j)
	}
	i.hinted(r.Subject.Name)
	if err := i.prepare(ctx, j); err != nil {
		return selection{}, err
	}
	taken, err := j.look(ctx, keys, atMost(j.ds.Import, i.runFiles))
	if err != nil {
		return selection{}, err
	}
	return selection{project: r.Project, at: i.ledger.Now(), files: taken.Files()}, nil
}

// prepare makes what a run needs, and says what stands in its way.
func (i *Ingest) prepare(ctx context.Context, j *job) error {
	if err := i.ensure(ctx, j); err != nil {
		return err
	}
	return j.checkReplace(ctx)
}
