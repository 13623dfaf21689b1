package ledger

import (
	"context"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/pkg/fault"
)

// ShuffleDir is where the files are that the first wave of a plan leaves for the
// second. They are the plan's: whoever cleans up behind an epoch drops them.
func ShuffleDir(id RunID, epoch int) string { return epochDir(id, epoch) + "shuffle/" }

// BaselineDir is where the files are that hold the rows of a sync's baseline, as
// a plan wrote them.
func BaselineDir(sync string, id RunID, epoch int) string {
	return baselineDir(sync) + "files/" + epochDir(id, epoch)[len("runs/"):]
}

// ReadFile returns length bytes of a file from offset on; -1 means to the end.
// A file that ends before is Invalid, one that isn't there NotFound.
func (l *Ledger) ReadFile(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	r, err := l.store.Open(ctx, l.prefix+name, "", offset, length)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if length < 0 {
		return io.ReadAll(r)
	}
	body := make([]byte, length)
	n, err := io.ReadFull(r, body)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fault.New(fault.Invalid, "read file %s: it ends at byte %d, not behind %d", name, offset+int64(n), offset+length)
	}
	return body, err
}

// dropsAtOnce is how many files are deleted at a time.
const dropsAtOnce = 8

// DropFiles deletes the files below dir, which ends in "/", but for those that
// keep wants: it gets names as NewFile does, and nil wants none. Files that are
// being written below dir are aborted.
func (l *Ledger) DropFiles(ctx context.Context, dir string, keep func(name string) bool) error {
	for name, err := range l.names(ctx, openUploadKey(dir), "") {
		if err != nil {
			return err
		}
		var upload string
		if _, err := l.get(ctx, openUploadKey(dir+name), &upload); err != nil {
			if err := ignoreNotFound(err); err != nil {
				return err
			}
			continue // it was closed meanwhile
		}
		if err := l.abortFile(ctx, dir+name, upload); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(dropsAtOnce)
	for name, err := range l.names(ctx, dir, "") {
		if err != nil {
			group.Go(func() error { return err })
			break
		}
		if keep != nil && keep(dir+name) {
			continue
		}
		group.Go(func() error { return l.store.Delete(ctx, l.prefix+dir+name) })
	}
	return group.Wait()
}

// abortFile closes the upload of a file and forgets it.
func (l *Ledger) abortFile(ctx context.Context, name, upload string) error {
	if err := l.store.AbortUpload(ctx, l.prefix+name, upload); err != nil {
		return err
	}
	return l.store.Delete(ctx, l.prefix+openUploadKey(name))
}

// openUploadKey is where the open upload of a file is recorded.
func openUploadKey(name string) string { return "uploads/" + name }
