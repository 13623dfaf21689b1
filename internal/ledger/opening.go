package ledger

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// Opening says that a multipart upload of one of a run's objects is about to be
// opened. It is there before the upload is, and until the upload is bound to the
// object or aborted: what it speaks of is all that a process which dies in
// between can leave behind.
type Opening struct {
	Object int    `json:"object"`
	Key    string `json:"key"`
	// At is when the opening was recorded, in UTC.
	At time.Time `json:"at"`
	// Upload is the upload that was opened. Mostly nobody comes to say so.
	Upload string `json:"upload,omitempty"`

	name string // of the record; empty before the first save
}

// SaveOpening records an opening, or says more of one, which is returned.
func (l *Ledger) SaveOpening(ctx context.Context, id RunID, epoch int, o Opening) (Opening, error) {
	if o.name == "" {
		o.At = l.now()
		o.name = fmt.Sprintf("%07d-%s.json", o.Object, NewRunID(o.At))
	}
	return o, l.put(ctx, openingDir(id, epoch)+o.name, o, objstore.PutOptions{})
}

// DropOpening forgets an opening.
func (l *Ledger) DropOpening(ctx context.Context, id RunID, epoch int, o Opening) error {
	return l.store.Delete(ctx, l.prefix+openingDir(id, epoch)+o.name)
}

// Openings yields the openings of an epoch, by object.
func (l *Ledger) Openings(ctx context.Context, id RunID, epoch int) iter.Seq2[Opening, error] {
	return func(yield func(Opening, error) bool) {
		for name, err := range l.names(ctx, openingDir(id, epoch), "") {
			o := Opening{name: name}
			if err == nil {
				_, err = l.get(ctx, openingDir(id, epoch)+name, &o)
			}
			if fault.Is(err, fault.NotFound) {
				continue // dropped since
			}
			if !yield(o, err) || err != nil {
				return
			}
		}
	}
}

func openingDir(id RunID, epoch int) string { return epochDir(id, epoch) + "opening/" }
