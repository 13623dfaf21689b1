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
	if done, totals, err := c.committed(ctx); done || err != nil {
		return totals, err
	}
	err = c.commit(ctx)
	done, totals, late := c.committed(ctx)
	if done {
		return totals, late // what we couldn't do, another leader did meanwhile
	}
	if err == nil {
		err = late
	}
	return ledger.Totals{}, err
}

// committed finishes a commit that got as far as the manifest.
func (c *committer) committed(ctx context.Context) (done bool, totals ledger.Totals, err error) {
	var written Manifest
	switch err := c.e.ledger.Manifest(ctx, c.run.ID, &written); {
	case fault.Is(err, fault.NotFound):
		return false, totals, nil
	case err != nil:
		return false, totals, err
	}
	return true, written.totals(), c.moveBaseline(ctx, written.CommittedAt)
}

// commit makes the objects visible and records what they are.
func (c *committer) commit(ctx context.Context) error {
	if err := c.checkBaseline(ctx); err != nil {
		return err
	}
	written := c.manifest(c.e.ledger.Now())
	if err := c.intend(ctx); err != nil {
		return err
	}
	if err := c.show(ctx); err != nil {
		return err
	}
	for _, o := range c.objects {
		written.Objects = append(written.Objects, *o.visible)
	}
	return c.e.ledger.SaveManifest(ctx, c.run.ID, written)
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
