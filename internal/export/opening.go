package export

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// openingPatience is how long a store may take to open an upload.
const openingPatience = time.Minute

// opener opens the multipart uploads of a run's objects.
type opener struct {
	ledger *ledger.Ledger
	bucket Bucket
	run    ledger.RunID
	epoch  int
	put    objstore.PutOptions
	log    *zap.Logger
}

// open returns the upload that an object is bound to: a new one, or another's
// where that was first.
//
//	opening recorded → upload opened → object bound to it → opening dropped
//
// Wherever its process dies, the upload is bound to the object or an opening
// speaks of it, so that Clean finds it. Having bound it, who opened it makes sure
// that the run goes on: who ends a run cleans up afterwards.
func (o *opener) open(ctx context.Context, object int, key string) (string, error) {
	opening, err := o.ledger.SaveOpening(ctx, o.run, o.epoch, ledger.Opening{Object: object, Key: key})
	if err != nil {
		return "", err
	}
	if opening.Upload, err = o.create(ctx, key); err != nil {
		return "", err
	}
	bound, err := o.ledger.ClaimUpload(ctx, o.run, o.epoch, object, opening.Upload)
	if err != nil {
		// The record may be there, the answer lost: then the next attempt needs the
		// upload.
		o.keep(ctx, opening)
		return "", err
	}
	if bound != opening.Upload {
		return bound, o.abort(ctx, opening)
	}
	r, err := o.ledger.Run(ctx, o.run)
	if err == nil && (r.State.Final() || r.Epoch != o.epoch) {
		over := fault.New(fault.Conflict, "run %s is %s in epoch %d", r.ID, r.State, r.Epoch)
		return "", errors.Join(over, o.abort(ctx, opening))
	}
	o.drop(ctx, opening)
	return bound, err
}

func (o *opener) create(ctx context.Context, key string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, openingPatience)
	defer cancel()
	return o.bucket.CreateUpload(ctx, key, o.put)
}

// abort closes an upload that nobody needs, or leaves it to Clean.
func (o *opener) abort(ctx context.Context, opening ledger.Opening) error {
	ctx = context.WithoutCancel(ctx)
	err := o.bucket.AbortUpload(ctx, opening.Key, opening.Upload)
	if err != nil {
		o.keep(ctx, opening)
		return err
	}
	o.drop(ctx, opening)
	return nil
}

// keep tells Clean which upload an opening speaks of. Without that it has to
// find out.
func (o *opener) keep(ctx context.Context, opening ledger.Opening) {
	if _, err := o.ledger.SaveOpening(context.WithoutCancel(ctx), o.run, o.epoch, opening); err != nil {
		o.log.Warn("upload not recorded", zap.String("run", string(o.run)), zap.String("upload", opening.Upload), zap.Error(err))
	}
}

// drop forgets an opening that speaks of nothing any more. One that stays does
// no harm.
func (o *opener) drop(ctx context.Context, opening ledger.Opening) {
	if err := o.ledger.DropOpening(ctx, o.run, o.epoch, opening); err != nil {
		o.log.Warn("record of an upload not dropped", zap.String("run", string(o.run)), zap.Error(err))
	}
}
