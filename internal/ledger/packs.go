package ledger

import (
	"context"
	"encoding/json"
	"errors"
)

// Pack is files of a datasource whose rows are stored together, by one INSERT. Its
// record is there before they are, and until all of them are known to be.
type Pack struct {
	ID    string          `json:"id"`
	Files []PackedFile    `json:"files"` // in the order of their rows
	Begun json.RawMessage `json:"begun"` // how they are read; the verb's
}

// PackedFile is a file version of a pack.
type PackedFile struct {
	Key  string `json:"key"`
	ETag string `json:"etag"`
}

// packs is the record by which all who ingest files of a datasource agree on which
// of them go together.
type packs struct {
	Open []Pack `json:"open"`
}

func packsKey(datasource string) string { return "packs/" + datasource + ".json" }

// Packs returns the packs of a datasource that are open.
func (l *Ledger) Packs(ctx context.Context, datasource string) ([]Pack, error) {
	var rec packs
	_, err := l.get(ctx, packsKey(datasource), &rec)
	return rec.Open, ignoreNotFound(err)
}

// errNoChange keeps a record of packs as it is.
var errNoChange = errors.New("no change")

// ChangePacks changes which packs are open, by compare-and-swap: decide is given
// those that are and returns those that are to be, or false where nothing changes. It may be called several
// times, and what it returned last counts; it may look at what was recorded elsewhere, for
// nothing is written where the packs changed since it was called
// (TestPacksAreDecidedOneAfterAnother).
func (l *Ledger) ChangePacks(ctx context.Context, datasource string, decide func(open []Pack) ([]Pack, bool, error)) error {
	_, err := update(ctx, l, packsKey(datasource), func(rec *packs) error {
		open, changed, err := decide(rec.Open)
		if err == nil && !changed {
			err = errNoChange
		}
		rec.Open = open
		return err
	})
	if errors.Is(err, errNoChange) {
		return nil
	}
	return err
}
