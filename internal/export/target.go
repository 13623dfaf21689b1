package export

import (
	"context"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// target is a part's way into one object, or, in a batched run, the way of the
// one part that writes it.
type target struct {
	out  *outputs
	sink *sink
	seg  segment // as far as it is known
	key  string
	asm  *assembler
	lead int64 // bytes of opening or separator that claim decided on

	whole *layout // of an object of the part's own; else nil
	begun bool    // a segment of it has begun
	size  int64   // of that segment so far, in bytes
	rows  int64   // and its rows
}

// target opens the object of the op that the part writes to next.
func (o *outputs) target(s *sink) (t *target, err error) {
	t = &target{out: o, sink: s}
	number := 0
	if o.job.names.batched {
		t.whole = &layout{frame: o.frame, codec: s.codec}
		if number, err = o.claimObject(s); err != nil {
			return nil, err
		}
	}
	t.seg = segment{Object: o.job.names.object(s.op, number), Slot: -1, Whole: t.whole != nil}
	if t.key, err = o.job.names.key(t.seg.Object); err != nil {
		return nil, err
	}
	t.asm = newAssembler(o.ctx, o.job.bucket, t.key, t.claim)
	if o.wholePieces() && !o.job.format.Traits().Compresses {
		t.asm.group.SetLimit(plainUploads)
	}
	return t, nil
}

// claimObject numbers the part's next object of an op. All attempts at the part
// get the same numbers, so that they write the same objects.
func (o *outputs) claimObject(s *sink) (number int, err error) {
	p := o.part
	number, err = o.ledger.ClaimObject(o.ctx, p.Run.ID, p.Plan.Epoch, o.job.names.ops[s.op], p.Index, len(s.done), s.last+1)
	if err == nil && number > maxObjects {
		err = fault.WithRemedy(fault.New(fault.Invalid, "a run writes more than %d objects", maxObjects), "raise destination.batch")
	}
	s.last = number
	return number, err
}

// write adds a chunk, whose bytes as written are body.
func (t *target) write(body []byte, c *chunk) error {
	t.seg.Rows += c.rows
	if t.whole == nil {
		if c.ends {
			t.seg.Meta = c.meta
		}
		return t.add(body, c)
	}
	if !t.begun {
		if err := t.begin(); err != nil {
			return err
		}
	}
	t.size, t.rows = t.size+int64(len(body)), t.rows+c.rows
	if err := t.add(body, c); err != nil {
		return err
	}
	if c.ends {
		t.whole.add(t.size, t.rows, c.meta)
		t.begun, t.size, t.rows = false, 0, 0
	}
	return nil
}

// add adds bytes to the object: the chunk's buffer itself, if they are in it and
// can be a piece.
func (t *target) add(body []byte, c *chunk) error {
	if t.out.job.codec != compress.None {
		return t.asm.write(body)
	}
	given, err := t.asm.give(body)
	if given {
		c.data = nil
	}
	return err
}

// begin writes what stands before a segment of an object of the part's own.
func (t *target) begin() error {
	t.begun = true
	if !t.whole.opened {
		return t.whole.open(t.asm)
	}
	return t.whole.separate(t.asm)
}

// finish waits for the uploads and says where the bytes are.
func (t *target) finish() (segment, error) {
	if t.whole != nil {
		if err := t.whole.close(t.asm); err != nil {
			return segment{}, err
		}
	}
	pieces, tail, err := t.asm.finish()
	if err != nil {
		return segment{}, err
	}
	seg := t.seg
	seg.Pieces, seg.Size, seg.Lead = pieces, t.asm.size, t.lead
	if t.asm.place != nil {
		seg.Slot, seg.Upload = t.asm.place.slot, t.asm.place.upload
	}
	if len(tail) > 0 {
		p := t.out.part
		seg.Tail, err = t.out.ledger.SaveTail(t.out.ctx, p.Run.ID, p.Plan.Epoch, p.Index, p.Attempt, seg.Object, tail)
	}
	return seg, err
}

// claim finds the part's place in the object when it has its first piece.
func (t *target) claim(ctx context.Context) (place, error) {
	upload, err := t.upload(ctx)
	if err != nil {
		return place{}, err
	}
	if t.whole != nil {
		return place{upload: upload, first: 1, width: objstore.MaxPieces}, nil
	}
	p, slots := t.out.part, slotsOf(t.out.part.Plan)
	slot, err := t.out.ledger.ClaimSlot(ctx, p.Run.ID, p.Plan.Epoch, t.seg.Object, p.Index, slots)
	if err != nil {
		return place{}, err
	}
	lead := t.out.frame.Separator()
	if slot == 0 {
		lead = t.out.frame.Opening()
	}
	if len(lead) > 0 {
		if lead, err = t.sink.codec.Append(nil, lead); err != nil {
			return place{}, err
		}
	}
	t.lead = int64(len(lead))
	return place{upload: upload, slot: slot, first: firstPiece(slot, slots), width: slotWidth(slots), lead: lead}, nil
}

// slotsOf returns how many parts may write one object: all those of a wave.
func slotsOf(plan ledger.Plan) int {
	n := 0
	for _, parts := range plan.Waves {
		n = max(n, parts)
	}
	if n == 0 {
		n = plan.Parts
	}
	return n
}

// upload returns the object's multipart upload, which the first part that needs
// it opens.
func (t *target) upload(ctx context.Context) (string, error) {
	p := t.out.part
	upload, err := t.out.ledger.Upload(ctx, p.Run.ID, p.Plan.Epoch, t.seg.Object)
	if err != nil || upload != "" {
		return upload, err
	}
	o := opener{
		ledger: t.out.ledger, bucket: t.out.job.bucket, run: p.Run.ID, epoch: p.Plan.Epoch, put: t.out.job.put, log: t.out.log,
	}
	return o.open(ctx, t.seg.Object, t.key)
}
