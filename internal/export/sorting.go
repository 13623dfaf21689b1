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

// sort is a part of the first wave: it leaves the rows of its split sorted.
func (e *Export) sort(ctx context.Context, p run.Part, sh *shape, c *comparing, rows batch.Reader) (*written, error) {
	sorter := e.sorter(p, max(maxFiles/c.Sorters, 8))
	defer sorter.Stop()
	if err := take(ctx, p, sh, c, rows, sorter); err != nil {
		return nil, err
	}
	files, err := sorter.Files(ctx)
	return &written{Sorted: files}, err
}

func (e *Export) sorter(p run.Part, fanin int) *diff.Sorter {
	return diff.NewSorter(diff.SortConfig{
		Store: Files{e.ledger}, Memory: e.cfg.DiffMemory, Fanin: fanin,
		Name: fmt.Sprintf("%s%05d-%s-", ledger.ShuffleDir(p.Run.ID, p.Plan.Epoch), p.Index, p.Attempt),
	})
}

// take puts rows into a sorter.
func take(ctx context.Context, p run.Part, sh *shape, c *comparing, rows batch.Reader, sorter *diff.Sorter) (err error) {
	in := &intake{model: sh.job.model.Name, keysOnly: sh.job.keysOnly(), ordered: c.Ordered, carry: sh.carry, sorter: sorter, meter: p.Meter}
	if in.key, err = diff.NewKey(sh.result, sh.job.model.PrimaryKey); err != nil {
		return err
	}
	if !slices.Equal(in.key.Kinds(), c.Key) {
		return fault.New(fault.Invalid, "model %s: %w: its primary key was %s and is %s", sh.job.model.Name, run.ErrReplan, keyText(c.Key), keyText(in.key.Kinds()))
	}
	if in.rows, err = diff.NewRows(sh.carry.Schema()); err != nil {
		return err
	}
	if err := batch.Each(ctx, rows, func(rec arrow.Record) error { return in.take(ctx, rec) }); err != nil {
		return err
	}
	return in.refused()
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
	meter    *run.Meter

	nulls   []string // samples of rows whose key has a null
	place   uint64
	keyBuf  []byte
	bodyBuf []byte
}

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
		key, null := in.key.Append(in.keyBuf[:0], row)
		if null {
			if in.nulls = append(in.nulls, in.key.Sample(row)); len(in.nulls) == maxSamples {
				return in.refused()
			}
			continue
		}
		body := in.rows.Append(in.bodyBuf[:0], row)
		head := diff.Head{Hash: diff.HashKey(key), Key: key}
		if !in.keysOnly {
			head.Row = diff.HashRow(body)
		}
		if in.ordered {
			body = binary.BigEndian.AppendUint64(body, in.place)
			in.place++
		}
		if err := in.sorter.Add(ctx, &head, body); err != nil {
			return err
		}
		in.keyBuf, in.bodyBuf = key, body
	}
	in.meter.Add(rec.NumRows(), 0)
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

// sortedFiles returns the files that the first wave left.
func (e *Export) sortedFiles(ctx context.Context, p run.Part, sorters int) ([]diff.FileInfo, error) {
	var all []diff.FileInfo
	for i := range sorters {
		m, err := e.ledger.PartManifest(ctx, p.Run.ID, p.Plan.Epoch, i)
		if err != nil {
			return nil, err
		}
		w, err := decode[written](m.Output)
		if err != nil {
			return nil, err
		}
		all = append(all, w.Sorted...)
	}
	return all, nil
}
