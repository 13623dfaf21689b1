package export

import (
	"context"
	"errors"
	"slices"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/objstore"
)

// intent says how a run's output is about to become visible.
type intent struct {
	Epoch int `json:"epoch"`
	// Upload is the multipart upload to complete, empty for a single put.
	Upload string `json:"upload,omitempty"`
	// Pieces is what the upload is completed with.
	Pieces []objstore.Piece `json:"pieces,omitempty"`
}

// Commit implements run.Verb:
//
//	last pieces → intent → complete, or put → manifest
//
// Up to the intent a new leader begins again; from it on, it only finishes: it
// finds out whether the object was made visible, and writes the manifest.
func (e *Export) Commit(ctx context.Context, r ledger.Run, plan ledger.Plan, parts []ledger.PartManifest) (ledger.Totals, error) {
	var written Manifest
	switch err := e.ledger.Manifest(ctx, r.ID, &written); {
	case err == nil:
		return written.totals(), nil
	case !fault.Is(err, fault.NotFound):
		return ledger.Totals{}, err
	}
	c, err := e.committer(ctx, r, plan, parts)
	if err != nil {
		return ledger.Totals{}, err
	}
	written = c.manifest(e.ledger.Now())
	if c.rows() > 0 || !c.sync.Destination.SkipEmpty {
		object, err := c.object(ctx)
		if err != nil {
			return ledger.Totals{}, err
		}
		written.Objects = append(written.Objects, object)
	}
	if err := e.ledger.SaveManifest(ctx, r.ID, written); err != nil {
		return ledger.Totals{}, err
	}
	return written.totals(), nil
}

// committer makes one object out of what parts left.
type committer struct {
	e      *Export
	run    ledger.Run
	plan   ledger.Plan
	shared shared
	sync   *def.Sync
	bucket Bucket
	frame  format.Frame
	fields []ledgerField
	codec  compress.Codec
	put    objstore.PutOptions
	// segments are in the order in which they stand in the object.
	segments []placed
	// again is set when an earlier attempt at this commit got as far as the intent,
	// so that the object may be visible already.
	again bool
	// upload is the object's multipart upload, empty while there is none.
	upload string
}

// placed is a segment and the part that it comes from.
type placed struct {
	segment
	part int
}

func (e *Export) committer(ctx context.Context, r ledger.Run, plan ledger.Plan, parts []ledger.PartManifest) (*committer, error) {
	s, err := decode[shared](plan.Shared)
	if err != nil {
		return nil, err
	}
	project, sync, err := e.sync(ctx, r)
	if err != nil {
		return nil, err
	}
	c := &committer{e: e, run: r, plan: plan, shared: s, sync: sync}
	if c.bucket, err = e.destination(ctx, project, sync); err != nil {
		return nil, err
	}
	if err := c.openFrame(); err != nil {
		return nil, err
	}
	for _, p := range parts {
		seg, err := decode[segment](p.Output)
		if err != nil {
			return nil, err
		}
		if seg.Size > 0 {
			c.segments = append(c.segments, placed{seg, p.Part})
		}
	}
	slices.SortStableFunc(c.segments, inObject)
	if len(c.segments) > 0 && c.segments[0].Slot > 0 {
		// An attempt that took slot 0 was lost, and the part, done again, found too
		// few rows for a piece: nobody wrote the opening before the others' pieces.
		return nil, fault.New(fault.Invalid, "commit %s: %w: the rows of a part changed between its attempts", s.Key, run.ErrReplan)
	}
	return c, nil
}

// inObject orders segments as they stand in the object: those with pieces by
// their slots, then tails by part.
func inObject(a, b placed) int {
	slot := func(p placed) int {
		if p.Slot < 0 {
			return maxParts + p.part
		}
		return p.Slot
	}
	return slot(a) - slot(b)
}

// openFrame needs the schema of the file, but not the database: the plan has it.
func (c *committer) openFrame() error {
	writer, err := c.e.doors.Format(string(c.sync.Destination.Format))
	if err != nil {
		return err
	}
	codec, opts, err := options(c.sync.Destination, writer.Traits())
	if err != nil {
		return err
	}
	schema, err := c.shared.schema()
	if err != nil {
		return err
	}
	c.codec = codec
	c.put = objstore.PutOptions{
		ContentType: writer.Traits().MediaType,
		IfAbsent:    c.sync.Destination.OnConflict == def.Fail,
		Metadata:    map[string]string{"longshore-run": string(c.run.ID)},
	}
	c.fields = fields(schema)
	c.frame, err = writer.Frame(schema, opts)
	return err
}

func (c *committer) rows() int64 {
	var n int64
	for _, s := range c.segments {
		n += s.Rows
	}
	return n
}

// object makes the object visible.
func (c *committer) object(ctx context.Context) (Object, error) {
	var in intent
	err := c.e.ledger.Intent(ctx, c.run.ID, &in)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Object{}, err
	}
	c.again = err == nil
	if c.again && in.Upload != "" {
		return c.complete(ctx, in)
	}
	asm, err := c.assemble(ctx)
	if err != nil {
		return Object{}, err
	}
	if !c.again {
		in = intent{Epoch: c.plan.Epoch, Pieces: c.pieces(asm)}
		if asm.place != nil || len(in.Pieces) > 0 {
			in.Upload = c.upload
		}
		if err := c.e.ledger.SaveIntent(ctx, c.run.ID, in); err != nil {
			return Object{}, err
		}
	}
	if in.Upload != "" {
		return c.complete(ctx, in)
	}
	return c.putWhole(ctx, asm.buf)
}

// assemble uploads what parts left to the commit. An object that is smaller than
// a piece is not uploaded: it is then in the assembler's buf.
func (c *committer) assemble(ctx context.Context) (asm *assembler, err error) {
	if c.upload, err = c.e.ledger.Upload(ctx, c.run.ID, c.plan.Epoch, 0); err != nil {
		return nil, err
	}
	l := layout{frame: c.frame, codec: c.codec}
	for _, s := range c.segments {
		l.place(s.segment)
	}
	asm = newAssembler(ctx, c.bucket, c.shared.Key, c.place)
	if err := c.writeRest(ctx, asm, &l); err != nil {
		return nil, errors.Join(err, stopUploads(asm))
	}
	if c.upload == "" && asm.place == nil {
		return asm, nil
	}
	return asm, asm.flush()
}

// pieces returns all pieces of the object in their order.
func (c *committer) pieces(asm *assembler) []objstore.Piece {
	var all []objstore.Piece
	for _, s := range c.segments {
		all = append(all, s.Pieces...)
	}
	return append(all, asm.uploaded()...)
}

// place is where the commit's own pieces go. When the tails together are too
// many for a single put, it opens the upload that no part needed.
func (c *committer) place(ctx context.Context) (p place, err error) {
	if c.upload == "" {
		mine, err := c.bucket.CreateUpload(ctx, c.shared.Key, c.put)
		if err != nil {
			return p, err
		}
		if c.upload, err = c.e.ledger.ClaimUpload(ctx, c.run.ID, c.plan.Epoch, 0, mine); err != nil {
			return p, err
		}
		if c.upload != mine {
			if err := c.bucket.AbortUpload(ctx, c.shared.Key, mine); err != nil {
				return p, err
			}
		}
	}
	return place{upload: c.upload, first: firstTailPiece, width: objstore.MaxPieces - partPieces}, nil
}

// writeRest writes what parts didn't: the opening where nobody had slot 0, the
// tails, and the closing.
func (c *committer) writeRest(ctx context.Context, asm *assembler, l *layout) error {
	if !l.opened {
		if err := l.framed(asm, c.frame.Opening()); err != nil {
			return err
		}
	}
	for _, s := range c.segments {
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
	closing, err := c.frame.Closing(l.segments)
	if err != nil {
		return err
	}
	if err := l.framed(asm, closing); err != nil || l.offset > 0 {
		return err
	}
	// No header and no rows: still a valid file of the codec.
	empty, err := compress.Member(nil, nil, c.codec, 0)
	if err != nil {
		return err
	}
	return asm.write(empty)
}
