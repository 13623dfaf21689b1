package export

import (
	"context"
	"errors"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/objstore"
)

// output is a part's way into the object.
type output struct {
	ledger *ledger.Ledger
	part   run.Part
	bucket Bucket
	key    string
	frame  format.Frame
	codec  compress.Codec
	put    objstore.PutOptions
	lead   int64 // bytes of opening or separator that claim decided on
}

// claim finds the part's place in the object when it has its first piece.
func (o *output) claim(ctx context.Context) (place, error) {
	upload, err := o.upload(ctx)
	if err != nil {
		return place{}, err
	}
	id, epoch, parts := o.part.Run.ID, o.part.Plan.Epoch, o.part.Plan.Parts
	slot, err := o.ledger.ClaimSlot(ctx, id, epoch, 0, o.part.Index, parts)
	if err != nil {
		return place{}, err
	}
	lead := o.frame.Separator()
	if slot == 0 {
		lead = o.frame.Opening()
	}
	if len(lead) > 0 {
		if lead, err = compress.Member(nil, lead, o.codec, 0); err != nil {
			return place{}, err
		}
	}
	o.lead = int64(len(lead))
	return place{upload: upload, slot: slot, first: firstPiece(slot, parts), width: slotWidth(parts), lead: lead}, nil
}

// upload returns the object's multipart upload, which the first part that needs
// it opens. Having recorded it, the part makes sure that the run goes on: who
// ends a run looks for recorded uploads afterwards, so none is left open.
func (o *output) upload(ctx context.Context) (string, error) {
	id, epoch := o.part.Run.ID, o.part.Plan.Epoch
	upload, err := o.ledger.Upload(ctx, id, epoch, 0)
	if err != nil || upload != "" {
		return upload, err
	}
	mine, err := o.bucket.CreateUpload(ctx, o.key, o.put)
	if err != nil {
		return "", err
	}
	upload, err = o.ledger.ClaimUpload(ctx, id, epoch, 0, mine)
	if err != nil {
		// The record may be there, the answer lost: then the next attempt needs the
		// upload. If it isn't, an upload without pieces stays behind.
		return "", err
	}
	if upload != mine {
		return upload, o.bucket.AbortUpload(context.WithoutCancel(ctx), o.key, mine)
	}
	r, err := o.ledger.Run(ctx, id)
	if err == nil && (r.State.Final() || r.Epoch != epoch) {
		over := fault.New(fault.Conflict, "run %s is %s in epoch %d", id, r.State, r.Epoch)
		return "", errors.Join(over, o.bucket.AbortUpload(context.WithoutCancel(ctx), o.key, mine))
	}
	return upload, err
}

// segment waits for the uploads and says where the part's bytes are.
func (o *output) segment(ctx context.Context, asm *assembler, done produced) (*segment, error) {
	pieces, tail, err := asm.finish()
	if err != nil {
		return nil, err
	}
	seg := &segment{Slot: -1, Pieces: pieces, Size: asm.size, Rows: done.rows, Meta: done.meta, Lead: o.lead}
	if asm.place != nil {
		seg.Slot = asm.place.slot
	}
	if len(tail) > 0 {
		seg.Tail, err = o.ledger.SaveTail(ctx, o.part.Run.ID, o.part.Plan.Epoch, o.part.Index, o.part.Attempt, 0, tail)
	}
	return seg, err
}
