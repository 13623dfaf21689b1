package export

import (
	"context"
	"errors"

	"github.com/longshore/longshore/pkg/objstore"
)

// complement uploads what parts left to the commit of an object: an opening that
// nobody wrote, tails, the closing. An object without pieces that is small enough
// for a single put isn't uploaded: it is then in the candidate's body.
func (c *committer) complement(ctx context.Context, o *candidate) error {
	pieces := o.uploaded()
	if o.whole() {
		o.Pieces = pieces
		return nil
	}
	asm := newAssembler(ctx, c.bucket, o.Key, func(ctx context.Context) (place, error) {
		return c.place(ctx, o)
	})
	if err := c.writeRest(ctx, asm, o); err != nil {
		return errors.Join(err, stopUploads(asm))
	}
	if len(pieces) == 0 && asm.place == nil {
		o.body = asm.rest()
		return nil
	}
	if err := asm.flush(); err != nil {
		return err
	}
	o.Pieces = append(pieces, asm.uploaded()...)
	return nil
}

// place is where the commit's own pieces go. When the tails together are too
// many for a single put, it opens the upload that no part needed.
func (c *committer) place(ctx context.Context, o *candidate) (p place, err error) {
	if o.Upload == "" {
		opener := opener{ledger: c.e.ledger, bucket: c.bucket, run: c.run.ID, epoch: c.plan.Epoch, put: c.put, log: c.e.log}
		if o.Upload, err = opener.open(ctx, o.Object, o.Key); err != nil {
			return p, err
		}
	}
	return place{upload: o.Upload, first: firstTailPiece, width: objstore.MaxPieces - partPieces}, nil
}

// writeRest writes what parts didn't: the opening where nobody had slot 0, the
// tails, and the closing.
func (c *committer) writeRest(ctx context.Context, asm *assembler, o *candidate) error {
	l := layout{frame: c.frame, codec: c.codec}
	for _, s := range o.segments {
		l.place(s.segment)
	}
	if err := l.open(asm); err != nil {
		return err
	}
	for _, s := range o.segments {
		if s.Slot >= 0 {
			continue
		}
		tail, err := c.e.ledger.Tail(ctx, c.run.ID, c.plan.Epoch, s.Tail)
		if err != nil {
			return err
		}
		if err := l.tail(asm, s.segment, tail); err != nil {
			return err
		}
	}
	return l.close(asm)
}
