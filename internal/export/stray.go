package export

import (
	"context"
	"errors"
	"time"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// clockSkew is how far clocks may be apart for us to find a stray upload.
const clockSkew = time.Minute

// openings aborts the uploads of an epoch that no object is bound to.
func (a *aborter) openings(ctx context.Context, epoch int) error {
	lost := map[string][]ledger.Opening{} // by key: those that don't say which upload they speak of
	for o, err := range a.e.ledger.Openings(ctx, a.run.ID, epoch) {
		if err != nil {
			return err
		}
		if o.Upload == "" {
			lost[o.Key] = append(lost[o.Key], o)
			continue
		}
		if err := a.opened(ctx, epoch, o); err != nil {
			return err
		}
	}
	for key, openings := range lost {
		if err := a.strays(ctx, key, openings); err != nil {
			return err
		}
		for _, o := range openings {
			if err := a.e.ledger.DropOpening(ctx, a.run.ID, epoch, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// opened aborts the upload that an opening names.
func (a *aborter) opened(ctx context.Context, epoch int, o ledger.Opening) error {
	if !a.used[o.Upload] {
		if err := a.connect(ctx); err != nil {
			return err
		}
		if err := a.abort(ctx, o.Key, o.Upload); err != nil {
			return err
		}
	}
	return a.e.ledger.DropOpening(ctx, a.run.ID, epoch, o)
}

// strays aborts the uploads of a key whose openers died before they said which
// they opened. A store doesn't tell whose an upload is, and others may write the
// same key, so an upload is aborted only if nothing speaks for another owner:
//
//   - it was initiated when one of the openings was, and has no pieces: ours get
//     pieces only when they are bound to an object;
//   - no other run of the ledger is bound to it, or may be about to be;
//   - there are no more of that kind than openings.
//
// In doubt an upload stays: one without pieces costs nothing. So it does where
// we may not look.
func (a *aborter) strays(ctx context.Context, key string, openings []ledger.Opening) error {
	if err := a.connect(ctx); err != nil {
		return err
	}
	found, err := a.candidates(ctx, key, openings)
	if err != nil || len(found) == 0 {
		return pressing(err)
	}
	// The store was listed before the ledger is read: who opened an upload since
	// isn't in the listing, and who opened one before is in the ledger.
	taken, err := a.taken(ctx, key, openings[0].Object)
	if err != nil {
		return err
	}
	var strays []string
	for _, upload := range found {
		if !taken.uploads[upload] {
			strays = append(strays, upload)
		}
	}
	if taken.opening || len(strays) > len(openings) {
		return nil
	}
	for _, upload := range strays {
		if err := a.abort(ctx, key, upload); err != nil {
			return err
		}
	}
	return nil
}

// candidates returns the uploads of a key that have no pieces and came to be
// when one of the openings did.
func (a *aborter) candidates(ctx context.Context, key string, openings []ledger.Opening) (found []string, err error) {
	for u, err := range a.bucket.ListUploads(ctx, key) {
		if err != nil {
			return nil, err
		}
		if u.Key != key || !within(u.Initiated, openings) {
			continue
		}
		pieces, err := a.bucket.ListPieces(ctx, key, u.ID)
		switch {
		case errors.Is(err, objstore.ErrNoUpload):
		case err != nil:
			return nil, err
		case len(pieces) == 0:
			found = append(found, u.ID)
		}
	}
	return found, nil
}

func within(initiated time.Time, openings []ledger.Opening) bool {
	for _, o := range openings {
		if initiated.After(o.At.Add(-clockSkew)) && initiated.Before(o.At.Add(openingPatience+clockSkew)) {
			return true
		}
	}
	return false
}

// pressing is an error of a look at the store that is worth another try.
func pressing(err error) error {
	if err != nil && passes(err) {
		return err
	}
	return nil
}

// owners is what the ledger knows of the uploads of a key.
type owners struct {
	uploads map[string]bool // that an object of another run is bound to, or of this one
	opening bool            // another run may have opened one that it isn't bound to yet
}

// taken asks the runs that haven't ended, and this one.
func (a *aborter) taken(ctx context.Context, key string, object int) (owners, error) {
	o := owners{uploads: map[string]bool{}}
	for epoch := 1; epoch <= a.run.Epoch; epoch++ {
		upload, err := a.e.ledger.Upload(ctx, a.run.ID, epoch, object)
		if err != nil {
			return o, err
		}
		o.uploads[upload] = true
	}
	for id, err := range a.e.ledger.Open(ctx) {
		if err != nil {
			return o, err
		}
		if id == a.run.ID {
			continue
		}
		if err := a.takenBy(ctx, id, key, &o); err != nil {
			return o, err
		}
	}
	return o, nil
}

// takenBy adds the uploads of another run. Its openings are read first: one that
// is dropped meanwhile left its upload bound.
func (a *aborter) takenBy(ctx context.Context, id ledger.RunID, key string, o *owners) error {
	r, err := a.e.ledger.Run(ctx, id)
	if fault.Is(err, fault.NotFound) || err == nil && r.Subject.Kind != ledger.Export {
		return nil // not created through, so that it opened nothing
	}
	if err != nil {
		return err
	}
	for epoch := 1; epoch <= r.Epoch; epoch++ {
		for other, err := range a.e.ledger.Openings(ctx, id, epoch) {
			if err != nil {
				return err
			}
			o.opening = o.opening || other.Key == key
		}
		for up, err := range a.e.ledger.Uploads(ctx, id, epoch) {
			if err != nil {
				return err
			}
			o.uploads[up.Upload] = true
		}
	}
	return nil
}
