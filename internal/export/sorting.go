package export

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/mapping"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
)

// maxFiles is about how many files a part that compares a range has open: each
// takes a share of its memory.
const maxFiles = 512

// sort is a part of the first wave: it leaves the rows of its split sorted, but
// for those that it finds in the baseline.
func (e *Export) sort(ctx context.Context, p run.Part, sh *shape, c *comparing, rows batch.Reader) (*written, error) {
	in, err := e.take(ctx, p, sh, c, rows, max(maxFiles/c.Sorters, 8))
	if err != nil {
		return nil, err
	}
	defer in.sorter.Stop()
	w := new(written)
	if w.Sorted, err = in.sorter.Files(ctx); err != nil || in.finder == nil {
		return w, err
	}
	found, err := in.finder.Save(ctx, Files{e.ledger}, e.shuffled(p)+"found")
	w.Found = &found
	return w, err
}

// shuffled is how the names of files begin that a part leaves for others.
func (e *Export) shuffled(p run.Part) string {
	return fmt.Sprintf("%s%05d-%s-", ledger.ShuffleDir(p.Run.ID, p.Plan.Epoch), p.Index, p.Attempt)
}

func (e *Export) sorter(p run.Part, fanin int, memory int64) *diff.Sorter {
	return diff.NewSorter(diff.SortConfig{Store: Files{e.ledger}, Memory: memory, Fanin: fanin, Name: e.shuffled(p)})
}

// take reads all rows. Those that the baseline hasn't, or aren't known to be in
// it, are in the intake's sorter then, which the caller stops.
func (e *Export) take(ctx context.Context, p run.Part, sh *shape, c *comparing, rows batch.Reader, fanin int) (in *intake, err error) {
	in = &intake{model: sh.job.model.Name, keysOnly: sh.job.keysOnly(), ordered: c.Ordered, carry: sh.carry, meter: p.Meter}
	if in.key, err = diff.NewKey(sh.result, sh.job.model.PrimaryKey); err != nil {
		return nil, err
	}
	if !slices.Equal(in.key.Kinds(), c.Key) {
		return nil, fault.New(fault.Invalid, "model %s: %w: its primary key was %s and is %s", sh.job.model.Name, run.ErrReplan, keyText(c.Key), keyText(in.key.Kinds()))
	}
	if in.rows, err = diff.NewRows(sh.carry.Schema()); err != nil {
		return nil, err
	}
	known, release, err := e.know(ctx, p, sh, c)
	if err != nil {
		return nil, err
	}
	defer release()
	memory := e.cfg.DiffMemory
	if known != nil {
		in.finder = known.NewFinder()
		memory -= known.Bytes()
	}
	in.sorter = e.sorter(p, fanin, memory)
	err = batch.Each(ctx, rows, func(rec arrow.Record) error { return in.take(ctx, rec) })
	if err == nil {
		err = in.refused()
	}
	if err != nil {
		in.sorter.Stop()
		return nil, err
	}
	return in, nil
}

// intake turns batches into rows to sort.
type intake struct {
	model    string
	keysOnly bool // rows are told apart by their keys alone
	ordered  bool // each body ends with the row's place among all
	key      *diff.Key
	carry    *mapping.Projection
	rows     *diff.Rows
	sorter   *diff.Sorter
	finder   *diff.Finder // nil where no row can be found in the baseline
	meter    *run.Meter

	nulls []string // samples of rows whose key has a null
	place uint64
	group intakeGroup
}

// intakeGroup is rows that are looked up together: few enough to stay in the
// processor's cache.
type intakeGroup struct {
	heads  []diff.Head
	found  []bool
	keys   []byte
	bodies []byte
	ends   []int // of keys and bodies, in turn
}

const (
	groupRows  = 64
	groupBytes = 64 << 10
)

// maxSamples is how many rows an error about keys shows.
const maxSamples = 10

func (in *intake) take(ctx context.Context, rec arrow.Record) error {
	carried, err := in.carry.Apply(rec)
	if err != nil {
		return err
	}
	defer carried.Release()
	in.key.Bind(rec)
	in.rows.Bind(carried)
	for row := range int(rec.NumRows()) {
		if err := in.row(row); err != nil {
			return err
		}
		if len(in.group.heads) == groupRows || len(in.group.bodies) >= groupBytes {
			if err := in.pass(ctx); err != nil {
				return err
			}
		}
	}
	in.meter.Add(rec.NumRows(), 0)
	return in.pass(ctx)
}

// row adds a row to the group.
func (in *intake) row(row int) error {
	g := &in.group
	keys, null := in.key.Append(g.keys, row)
	if null {
		if in.nulls = append(in.nulls, in.key.Sample(row)); len(in.nulls) == maxSamples {
			return in.refused()
		}
		return nil
	}
	g.keys = keys
	start := len(g.bodies)
	g.bodies = in.rows.Append(g.bodies, row)
	head := diff.Head{}
	if !in.keysOnly {
		head.Row = diff.HashRow(g.bodies[start:])
	}
	if in.ordered {
		g.bodies = binary.BigEndian.AppendUint64(g.bodies, in.place)
		in.place++
	}
	g.heads, g.ends = append(g.heads, head), append(g.ends, len(g.keys), len(g.bodies))
	return nil
}

// pass sorts the rows of the group, but for those that are found.
func (in *intake) pass(ctx context.Context) error {
	g := &in.group
	key := 0
	for i := range g.heads {
		h, end := &g.heads[i], g.ends[2*i]
		h.Key = g.keys[key:end:end]
		h.Hash, key = diff.HashKey(h.Key), end
	}
	g.found = append(g.found[:0], make([]bool, len(g.heads))...)
	if in.finder != nil {
		in.finder.Find(g.heads, g.found)
	}
	body := 0
	for i := range g.heads {
		end := g.ends[2*i+1]
		if !g.found[i] {
			if err := in.sorter.Add(ctx, &g.heads[i], g.bodies[body:end]); err != nil {
				return err
			}
		}
		body = end
	}
	g.heads, g.keys, g.bodies, g.ends = g.heads[:0], g.keys[:0], g.bodies[:0], g.ends[:0]
	return nil
}

// refused is the error about rows whose key has a null, nil where there are none.
func (in *intake) refused() error {
	if len(in.nulls) == 0 {
		return nil
	}
	return badKeys(in.model, "a null in the primary key", in.nulls)
}

func badKeys(model, what string, samples []string) error {
	return fault.WithRemedy(
		fault.New(fault.Invalid, "model %s returns rows with %s: %s; nothing was written", model, what, strings.Join(samples, "; ")),
		"leave these rows out in the model's SQL, or name a primary_key that each row has one of")
}

// Files is the state bucket as package diff sees it.
type Files struct{ *ledger.Ledger }

// Create implements diff.Store.
func (f Files) Create(ctx context.Context, name string) diff.File { return f.NewFile(ctx, name) }

// Read implements diff.Store.
func (f Files) Read(ctx context.Context, name string, offset int64, into []byte) error {
	return f.ReadFileInto(ctx, name, offset, into)
}

// sorted returns the files that the first wave left, and what it found of a
// range of the baseline.
func (e *Export) sorted(ctx context.Context, p run.Part, c *comparing, within diff.Range) ([]diff.FileInfo, *diff.Found, error) {
	var all []diff.FileInfo
	var found []diff.FoundInfo
	for i := range c.Sorters {
		m, err := e.ledger.PartManifest(ctx, p.Run.ID, p.Plan.Epoch, i)
		if err != nil {
			return nil, nil, err
		}
		w, err := decode[written](m.Output)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, w.Sorted...)
		if w.Found != nil {
			found = append(found, *w.Found)
		}
	}
	if len(found) == 0 {
		return all, nil, nil
	}
	in, err := diff.OpenFound(ctx, Files{e.ledger}, found, p.Index-c.Sorters, within.From, salt(p))
	return all, in, err
}
