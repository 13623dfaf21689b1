package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// inspect looks before the intent at what would make a commit fail half-way:
// pieces that a late twin wrote over, uploads that were removed, objects that
// exist where none may be overwritten. A single object is looked at, too: once
// its upload was seen, that it isn't open any more means that we completed it.
// Without the permission to look, the store's own answers have to do.
func (c *committer) inspect(ctx context.Context) error {
	spoiled := make([]error, len(c.objects))
	at := map[*candidate]int{}
	for i, o := range c.objects {
		at[o] = i
	}
	err := several(c.objects, func(o *candidate) error {
		if o.Upload != "" {
			err := c.inspectPieces(ctx, o)
			if !errors.Is(err, objstore.ErrPieceChanged) {
				return err
			}
			spoiled[at[o]] = err
		}
		return c.inspectKey(ctx, o)
	})
	if err != nil {
		return err
	}
	var parts []int
	for i, o := range c.objects {
		if spoiled[i] != nil {
			parts = append(parts, o.uploaders()...)
		}
	}
	if err := errors.Join(spoiled...); err != nil {
		slices.Sort(parts)
		return &run.SpoiledError{Parts: slices.Compact(parts), Err: err}
	}
	return nil
}

func (c *committer) inspectPieces(ctx context.Context, o *candidate) error {
	there, err := c.bucket.ListPieces(ctx, o.Key, o.Upload)
	switch {
	case fault.Is(err, fault.Denied):
		return nil
	case errors.Is(err, objstore.ErrNoUpload):
		return removed(o.Key)
	case err != nil:
		return err
	}
	o.seen = true
	etags := map[int32]string{}
	for _, p := range there {
		etags[p.Number] = p.ETag
	}
	for _, p := range o.Pieces {
		if etags[p.Number] != p.ETag {
			return fault.New(fault.Conflict, "piece %d of %s: %w", p.Number, o.Key, objstore.ErrPieceChanged)
		}
	}
	return nil
}

func (c *committer) inspectKey(ctx context.Context, o *candidate) error {
	if !c.put.IfAbsent {
		return nil
	}
	_, err := c.bucket.Head(ctx, o.Key)
	switch {
	case err == nil:
		return exists(o.Key)
	case fault.Is(err, fault.Denied), fault.Is(err, fault.NotFound):
		return nil
	}
	return err
}

// explain says what a commit's failure means for all of its objects. While none
// is visible, spoiled parts can be done again. Else the run has failed, and the
// reader is told what of it can be seen.
func (c *committer) explain(ctx context.Context, cause error) error {
	var spoiled *run.SpoiledError
	again := errors.As(cause, &spoiled)
	if !again && passes(cause) {
		return cause
	}
	visible, err := c.visible(ctx)
	if err != nil {
		return err
	}
	switch {
	case len(visible) > 0:
		return fault.WithRemedy(
			fault.New(fault.Invalid, "%d of the run's %d objects are visible, %s, and the others can't be: %w",
				len(visible), len(c.objects), some(visible), withoutParts(cause)),
			"run the sync again, and remove these objects where the next run doesn't overwrite them")
	case again:
		if err := c.e.ledger.DropIntent(ctx, c.run.ID); err != nil {
			return err
		}
	}
	return cause
}

// withoutParts is the cause of a failure that no part can make good any more.
func withoutParts(err error) error {
	var spoiled *run.SpoiledError
	if errors.As(err, &spoiled) {
		return spoiled.Err
	}
	return err
}

// visible returns the keys of objects that are visible, also those of which an
// attempt lost the answer: their uploads aren't open any more. It is asked about
// uploads alone, because nothing is put before all uploads are complete.
func (c *committer) visible(ctx context.Context) ([]string, error) {
	var keys []string
	for _, o := range c.objects {
		gone := o.visible != nil
		if !gone && !o.refused && o.Upload != "" {
			_, err := c.bucket.ListPieces(ctx, o.Key, o.Upload)
			if gone = errors.Is(err, objstore.ErrNoUpload); err != nil && !gone && !fault.Is(err, fault.Denied) {
				return nil, err
			}
		}
		if gone {
			keys = append(keys, o.Key)
		}
	}
	return keys, nil
}

// some names the first of many keys.
func some(keys []string) string {
	const most = 20
	if len(keys) > most {
		return strings.Join(keys[:most], ", ") + fmt.Sprintf(" and %d more", len(keys)-most)
	}
	return strings.Join(keys, ", ")
}
