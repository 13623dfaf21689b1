package export

import (
	"context"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// objectsAtOnce is how many objects a commit works on at a time. Each of them
// may have a body of up to a piece and a half in memory.
const objectsAtOnce = 4

// intent says how a run's objects are about to become visible.
type intent struct {
	Epoch   int       `json:"epoch"`
	Objects []pending `json:"objects"`
}

// pending is one object of an intent.
type pending struct {
	Object int    `json:"object"`
	Key    string `json:"key"`
	// Upload is the multipart upload to complete, empty for a single put.
	Upload string `json:"upload,omitempty"`
	// Pieces is what the upload is completed with.
	Pieces []objstore.Piece `json:"pieces,omitempty"`
}

// Commit implements run.Verb:
//
//	last pieces → look at all → intent → complete all, put all → manifest → baseline
//
// Up to the intent a new leader begins again; from it on, it only finishes: it
// finds out which objects were made visible, writes the manifest and moves the
// baseline.
func (e *Export) Commit(ctx context.Context, r ledger.Run, plan ledger.Plan, parts []ledger.PartManifest) (ledger.Totals, error) {
	c, err := e.committer(ctx, r, plan, parts)
	if err != nil {
		return ledger.Totals{}, err
	}
	var written Manifest
	switch err := e.ledger.Manifest(ctx, r.ID, &written); {
	case err == nil:
		return written.totals(), c.moveBaseline(ctx, written.CommittedAt)
	case !fault.Is(err, fault.NotFound):
		return ledger.Totals{}, err
	}
	if err := c.checkBaseline(ctx); err != nil {
		return ledger.Totals{}, err
	}
	written = c.manifest(e.ledger.Now())
	if err := c.intend(ctx); err != nil {
		return ledger.Totals{}, err
	}
	if err := c.show(ctx); err != nil {
		return ledger.Totals{}, err
	}
	for _, o := range c.objects {
		written.Objects = append(written.Objects, *o.visible)
	}
	if err := e.ledger.SaveManifest(ctx, r.ID, written); err != nil {
		return ledger.Totals{}, err
	}
	return written.totals(), c.moveBaseline(ctx, written.CommittedAt)
}

// intend makes everything ready and says so in the ledger, or finds that an
// earlier attempt did.
func (c *committer) intend(ctx context.Context) error {
	var in intent
	err := c.e.ledger.Intent(ctx, c.run.ID, &in)
	switch {
	case err == nil:
		c.again = true
		return c.resume(ctx, in)
	case !fault.Is(err, fault.NotFound):
		return err
	}
	in.Epoch = c.plan.Epoch
	for _, o := range c.objects {
		if err := c.complement(ctx, o); err != nil {
			return err
		}
		in.Objects = append(in.Objects, o.pending)
	}
	if err := c.inspect(ctx); err != nil {
		return err
	}
	return c.e.ledger.SaveIntent(ctx, c.run.ID, in)
}

// resume takes over an intent. What is to be put is put together anew.
func (c *committer) resume(ctx context.Context, in intent) error {
	recorded := map[int]pending{}
	for _, p := range in.Objects {
		recorded[p.Object] = p
	}
	for _, o := range c.objects {
		p, ok := recorded[o.Object]
		if !ok {
			return fault.New(fault.Invalid, "commit %s: the intent of the commit doesn't name it", o.Key)
		}
		if o.pending = p; p.Upload == "" && !o.whole() {
			if err := c.complement(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}
