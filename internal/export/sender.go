package export

import (
	"context"
	"encoding/binary"
	"fmt"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/mapping"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/batch"
)

// compared is what the commit needs to know of a part that compares rows.
type compared struct {
	Counts diff.Counts `json:"counts"`
	// Level is the part's file of the run's level of the baseline; without rows it
	// has no name.
	Level diff.FileInfo `json:"level"`
	// Read is how many rows the part itself read from the database.
	Read int64 `json:"read"`
}

// sender writes what a comparison finds out: rows to the objects of their ops,
// and a level of the baseline.
type sender struct {
	ctx   context.Context
	sh    *shape
	c     *comparing
	was   *past // whose bodies have no place
	key   *diff.Key
	out   *outputs
	level *diff.LevelWriter
	ops   []*sending // by the op's place among those of the run
	rows  diff.Counts
	again []string // samples of keys that are there twice
	log   *zap.Logger
}

// sending is the rows of one op that aren't encoded yet.
type sending struct {
	at         int // the op's place
	rows       *diff.RowBuilder
	projection *mapping.Projection
	// ordered sorts the rows by their places in the model's result; nil where these
	// don't matter.
	ordered *diff.Sorter
}

func (e *Export) sender(ctx context.Context, p run.Part, sh *shape, c *comparing, was *past) (*sender, error) {
	s := &sender{ctx: ctx, sh: sh, c: c, was: was, log: e.log}
	rows, err := diff.NewRows(sh.carry.Schema())
	if err != nil {
		return nil, err
	}
	if s.key, err = diff.NewKey(sh.result, sh.job.model.PrimaryKey); err != nil {
		return nil, err
	}
	if s.out, err = e.outputs(ctx, p, sh.job, sh.file); err != nil {
		return nil, err
	}
	for at, op := range sh.job.names.ops {
		to := &sending{at: at}
		if to.projection, err = sh.projection(op); err != nil {
			return nil, err
		}
		to.rows = rows.NewBuilder()
		if c.Ordered && at != int(diff.Removed) {
			named := p
			named.Attempt += "-" + op
			to.ordered = e.sorter(named, maxFiles, e.cfg.DiffMemory)
		}
		s.ops = append(s.ops, to)
	}
	name := fmt.Sprintf("%s%05d-%s", ledger.BaselineDir(sh.job.sync.Name, p.Run.ID, p.Plan.Epoch), p.Index, p.Attempt)
	s.level, err = diff.NewLevelWriter(ctx, Files{e.ledger}, name, c.Keep, was.layers, sh.job.keysOnly())
	return s, err
}

// visit is called with each row.
func (s *sender) visit(op diff.Op, row diff.Source) error {
	s.rows[op]++
	if len(s.again) > 0 {
		return nil // all that is still wanted is more samples
	}
	if at, wanted := s.place(op); wanted {
		if err := s.sendRow(op, s.ops[at], row); err != nil {
			return err
		}
	}
	return s.keep(op, row)
}

func (s *sender) sendRow(op diff.Op, to *sending, row diff.Source) error {
	if op == diff.Removed && s.was.recall != nil {
		if s.was.recall.add(row.Head()) {
			return s.recall()
		}
		return nil
	}
	body, err := row.Body()
	if err != nil {
		return err
	}
	return s.send(to, body)
}

// recall sends removed rows whose bodies have to be read for themselves.
func (s *sender) recall() error {
	if s.was.recall == nil {
		return nil
	}
	return s.was.recall.read(s.ctx, func(body []byte) error { return s.send(s.ops[diff.Removed], body) })
}

// place returns the place of the op as which a row is sent among the run's.
func (s *sender) place(op diff.Op) (at int, wanted bool) {
	if s.c.Use == ledger.IgnoreBaseline && op != diff.Removed {
		op = diff.Added
	}
	switch {
	case s.c.Use == ledger.RebuildBaseline, op == diff.Unchanged, op == diff.Gone:
		return 0, false
	case s.sh.job.sync.Mode == def.Insert:
		return 0, op == diff.Added
	}
	return int(op), true // the ops of mode diff are in this order
}

// placeBytes is what the place of a row takes at the end of its body.
const placeBytes = 8

func (s *sender) send(to *sending, body []byte) error {
	if to.ordered == nil {
		return s.add(to, body)
	}
	end := len(body) - placeBytes
	return to.ordered.Add(s.ctx, &diff.Head{Hash: binary.BigEndian.Uint64(body[end:])}, body[:end])
}

// sendBytes is how large the rows of an op become before they are encoded, in
// bytes.
const sendBytes = 4 << 20

func (s *sender) add(to *sending, body []byte) error {
	if err := to.rows.Append(body); err != nil {
		return err
	}
	if to.rows.Len() < batch.DefaultRows && to.rows.Bytes() < sendBytes {
		return nil
	}
	return s.flush(to)
}

func (s *sender) flush(to *sending) error {
	if to.rows.Len() == 0 {
		return nil
	}
	carried := to.rows.NewRecord()
	defer carried.Release()
	rec, err := to.projection.Apply(carried)
	if err != nil {
		return err
	}
	defer rec.Release()
	return s.out.write(to.at, rec)
}

// keep writes a row to the run's level of the baseline.
func (s *sender) keep(op diff.Op, row diff.Source) error {
	return s.level.Visit(op, row.Head(), func() ([]byte, error) {
		body, err := row.Body()
		if err == nil && s.c.Ordered && row != s.was.rows {
			body = body[:len(body)-placeBytes]
		}
		return body, err
	})
}

func (s *sender) twice(h *diff.Head) {
	text := s.key.Text(h.Key)
	if n := len(s.again); n < maxSamples && (n == 0 || s.again[n-1] != text) {
		s.again = append(s.again, text)
	}
}

// finish waits for what is being uploaded and says what was written.
func (s *sender) finish() (*written, error) {
	if len(s.again) > 0 {
		return nil, badKeys(s.sh.job.model.Name, "the same primary key", s.again)
	}
	if err := s.recall(); err != nil {
		return nil, err
	}
	for _, to := range s.ops {
		if err := s.inOrder(to); err != nil {
			return nil, err
		}
		if err := s.flush(to); err != nil {
			return nil, err
		}
	}
	w := &written{Compared: &compared{Counts: s.rows}}
	var err error
	if w.Compared.Level, err = s.level.Close(); err != nil {
		return nil, err
	}
	w.Segments, err = s.out.finish()
	return w, err
}

// inOrder sends the rows that waited for their turn.
func (s *sender) inOrder(to *sending) error {
	if to.ordered == nil {
		return nil
	}
	sources, err := to.ordered.Sorted()
	if err != nil {
		return err
	}
	rows := diff.NewMerge(sources...)
	defer rows.Close()
	for {
		ok, err := rows.Next(s.ctx)
		if !ok || err != nil {
			return err
		}
		body, err := rows.Body()
		if err != nil {
			return err
		}
		if err := s.add(to, body); err != nil {
			return err
		}
	}
}

// abort leaves nothing of a failed attempt on its way. After finish it frees
// what is held.
func (s *sender) abort() {
	s.out.abort()
	for _, to := range s.ops {
		to.rows.Release()
		if to.ordered != nil {
			to.ordered.Stop()
		}
	}
	if err := s.level.Abort(); err != nil {
		s.log.Warn("file of the baseline not aborted", zap.Error(err)) // Clean drops it
	}
}
