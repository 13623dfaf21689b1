package export

import (
	"cmp"
	"context"
	"slices"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/objstore"
)

// committer makes objects out of what parts left.
type committer struct {
	e      *Export
	run    ledger.Run
	plan   ledger.Plan
	shared shared
	sync   *def.Sync
	bucket Bucket
	names  naming
	frame  format.Frame
	fields []ledgerField
	codec  *compress.Appender
	put    objstore.PutOptions
	// objects are in the order of ops and then of numbers.
	objects []*candidate
	// counts is how many rows of each op a comparison found, and levels its parts'
	// files of the run's level of the baseline, in the order of their ranges.
	counts   diff.Counts
	levels   []diff.FileInfo
	keysOnly bool
	// again is set when an earlier attempt at this commit got as far as the intent,
	// so that objects may be visible already.
	again bool
}

// candidate is an object that isn't visible yet, or not known to be.
type candidate struct {
	pending
	// segments are in the order in which they stand in the object.
	segments []placed
	// body is the object where it is small, unless it is whole in a tail.
	body []byte
	// visible is set when the object is, refused when it can't be.
	visible *Object
	refused bool
	// seen is set when this attempt saw the upload open, with its pieces.
	seen bool
}

// placed is a segment and the part that it comes from.
type placed struct {
	segment
	part int
}

func (o *candidate) rows() int64 {
	var n int64
	for _, s := range o.segments {
		n += s.Rows
	}
	return n
}

// whole reports whether a single part wrote the object, from beginning to end.
func (o *candidate) whole() bool { return len(o.segments) == 1 && o.segments[0].Whole }

// uploaders returns the parts that uploaded pieces.
func (o *candidate) uploaders() []int {
	var parts []int
	for _, s := range o.segments {
		if s.Slot >= 0 {
			parts = append(parts, s.part)
		}
	}
	return parts
}

// uploaded takes over the upload of the parts, and returns their pieces in the
// object's order.
func (o *candidate) uploaded() []objstore.Piece {
	var all []objstore.Piece
	for _, s := range o.segments {
		if s.Slot >= 0 {
			o.Upload = s.Upload
			all = append(all, s.Pieces...)
		}
	}
	return all
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
	c := &committer{e: e, run: r, plan: plan, shared: s, sync: sync, keysOnly: sync.Mode == def.Insert}
	if c.bucket, err = e.destination(ctx, project, sync); err != nil {
		return nil, err
	}
	if err := c.open(project); err != nil {
		return nil, err
	}
	return c, c.gather(parts)
}

// open needs the schema of the files, but not the database: the plan has it.
func (c *committer) open(project *def.Project) error {
	writer, err := c.e.doors.Format(string(c.sync.Destination.Format))
	if err != nil {
		return err
	}
	codec, opts, err := options(c.sync.Destination, writer.Traits())
	if err != nil {
		return err
	}
	if c.codec, err = compress.NewAppender(codec, 0, 1); err != nil {
		return err
	}
	if c.names, err = newNaming(project, c.sync, c.run, writer.Traits(), codec); err != nil {
		return err
	}
	schema, err := c.shared.schema()
	if err != nil {
		return err
	}
	c.put = putOptions(c.sync.Destination, writer.Traits(), c.run)
	c.fields = fields(schema)
	c.frame, err = writer.Frame(schema, opts)
	return err
}

// gather sorts what parts left by the objects that it belongs to.
func (c *committer) gather(parts []ledger.PartManifest) error {
	segments := map[int][]placed{}
	empty := make([]bool, len(c.names.ops))
	for op := range empty {
		empty[op] = true
	}
	for _, p := range parts {
		w, err := decode[written](p.Output)
		if err != nil {
			return err
		}
		if w.Compared != nil {
			c.counts.Add(w.Compared.Counts)
			c.levels = append(c.levels, w.Compared.Level)
		}
		for _, s := range w.Segments {
			if s.Size > 0 {
				segments[s.Object] = append(segments[s.Object], placed{s, p.Part})
				empty[c.names.op(s.Object)] = false
			}
		}
	}
	for op, none := range empty {
		if none && !c.sync.Destination.SkipEmpty && !c.silent() {
			segments[c.names.first(op)] = nil
		}
	}
	for object, all := range segments {
		slices.SortStableFunc(all, inObject)
		key, err := c.names.key(object)
		if err != nil {
			return err
		}
		c.objects = append(c.objects, &candidate{pending: pending{Object: object, Key: key}, segments: all})
	}
	slices.SortFunc(c.objects, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(c.names.op(a.Object), c.names.op(b.Object)), cmp.Compare(a.Object, b.Object))
	})
	return c.begun()
}

// silent reports whether the run writes no objects at all.
func (c *committer) silent() bool {
	return c.shared.Compare != nil && c.shared.Compare.Use == ledger.RebuildBaseline
}

// begun makes sure that every object of pieces has its opening. An attempt that
// took slot 0 may have been lost, and the part, done again, found too few rows
// for a piece: then nobody wrote the opening before the others' pieces.
func (c *committer) begun() error {
	for _, o := range c.objects {
		if len(o.segments) > 0 && o.segments[0].Slot > 0 {
			return fault.New(fault.Invalid, "commit %s: %w: the rows of a part changed between its attempts", o.Key, run.ErrReplan)
		}
	}
	return nil
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

// rows returns how many rows an op has in all objects.
func (c *committer) rows(op int) int64 {
	var n int64
	for _, o := range c.objects {
		if c.names.op(o.Object) == op {
			n += o.rows()
		}
	}
	return n
}
