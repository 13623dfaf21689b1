package ledger

import (
	"context"
	"errors"
	"io"

	"github.com/longshore/longshore/pkg/fault"
)

// ReadFileInto fills into with a file's bytes from offset on. A file that ends
// before is Invalid, one that isn't there NotFound.
func (l *Ledger) ReadFileInto(ctx context.Context, name string, offset int64, into []byte) error {
	r, err := l.store.Open(ctx, l.prefix+name, "", offset, int64(len(into)))
	if err != nil {
		return err
	}
	defer r.Close()
	n, err := io.ReadFull(r, into)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.New(fault.Invalid, "read file %s: it ends at byte %d, not behind %d", name, offset+int64(n), offset+int64(len(into)))
	}
	return err
}
