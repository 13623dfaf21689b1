package ingest

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
)

// packFiles is how many files a pack has at most: all of them are in its record.
const packFiles = 1000

// sentAlone is the Pack of a file, while it is ingested, whose first rows were
// decided to go another way than in a pack: columns were added for it.
const sentAlone = "-"

// packing is how the files of a pack are read, all alike.
type packing struct {
	chunking
	RunID   string `json:"run"` // that began them
	Columns uint32 `json:"columns"`
}

func packingOf(rec clickhouse.FileRecord) packing {
	return packing{chunkingOf(rec), rec.RunID, rec.Columns}
}

// packable reports whether a file may be stored in a pack. It depends on what is
// recorded as the file is begun, and on what is recorded before any of its rows are
// sent another way.
func packable(rec clickhouse.FileRecord) bool {
	return rec.State == clickhouse.FileIngesting && rec.Marked && rec.Pack == "" && rec.Chunks == 0 && rec.Error == "" && rec.RangeBytes == 0 &&
		rec.ChunkBlocks > 1 && rec.Size <= rec.ChunkBytes/int64(rec.ChunkBlocks) && fileOfRecord(rec).Again == 0
}

// member is a file of a pack.
type member struct {
	*appender // of its file; rec is the record that it has once it is stored
	block     *block.Block
	rows      int64 // of the file
	bad       *rejects
	unknown   []string // fields without a column
}

// errAlone says that a file isn't one that can be stored in a pack.
var errAlone = errors.New("the file is sent alone")

// member decodes a file of a pack into b: one that is a block, all of it. Whether it
// is follows from the file and how it was begun. Another's error is errAlone, or
// what is wrong with it.
func (w *partWriter) member(ctx context.Context, f plan.File, rec clickhouse.FileRecord, b, probe *block.Block) (m *member, err error) {
	j, err := w.begunWith(ctx, rec)
	if err == nil {
		err = j.replaceable(ctx, f)
	}
	if err != nil {
		return nil, err
	}
	r := &reading{partWriter: w, begun: j, file: f, open: j.whole(f), rec: &rec, decided: map[string]bool{}}
	err = r.opened(ctx, func(a *appender, d format.Decoder) error {
		m, err = a.member(ctx, d, b, probe)
		return a.job.blame(ctx, f, err)
	})
	if errors.As(err, new(*turn)) {
		err = errAlone
	}
	return m, err
}

func (a *appender) member(ctx context.Context, d format.Decoder, b, probe *block.Block) (*member, error) {
	if a.cut.blocks == 1 {
		return nil, errAlone
	}
	consumed, err := d.Next(b, int(a.cut.rows))
	if err == nil {
		err = a.check(a.job, d, consumed, b)
	}
	if errors.Is(err, io.EOF) || err == nil && b.Rows() == 0 {
		err = errAlone
	}
	if err != nil {
		return nil, err
	}
	rejected, facts := d.Rejected(), d.Facts()
	bad, err := a.gather(ctx, nil, rejected, facts)
	if err != nil {
		return nil, err
	}
	m := &member{appender: a, block: b, rows: int64(consumed), unknown: slices.Clone(facts.Unknown), bad: bad}
	a.rec.Rows, a.rec.Quarantined = int64(b.Rows()), int64(len(rejected))
	switch _, err := d.Next(probe, 1); {
	case err == nil:
		return nil, errAlone
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	facts = d.Facts()
	a.rec.Bytes, a.rec.Lines, a.rec.Chunks = facts.Bytes, facts.Lines, 1
	return m, nil
}

// pack is files whose rows are sent as one INSERT.
type pack struct {
	packing
	members []*member
	rows    int64
	bytes   int64 // of the files
	sending *delivery
}

// takes reports whether a file has room in the pack, and is of its kind.
func (k *pack) takes(m *member) bool {
	first := k.members[0]
	return k.packing == packingOf(*m.rec) && slices.EqualFunc(first.job.columns, m.job.columns, sameColumn) && len(k.members) < packFiles &&
		k.rows+m.rec.Rows <= k.ChunkRows && k.bytes+m.rec.Bytes <= k.ChunkBytes && !k.crowded(first.cut)
}

func sameColumn(a, b format.Column) bool { return a.Name == b.Name && a.Type.Equal(b.Type) }

// crowded reports whether the pack's rejected rows are as many as a block has: they
// are kept until it ends.
func (k *pack) crowded(c cut) bool {
	var rows, bytes int64
	for _, m := range k.members {
		if m.bad != nil {
			rows, bytes = rows+int64(m.bad.block.Rows()), bytes+m.bad.bytes
		}
	}
	return rows >= c.rows || bytes >= c.bytes
}

// add sends a file's rows.
func (k *pack) add(m *member) {
	k.members = append(k.members, m)
	k.rows, k.bytes = k.rows+m.rec.Rows, k.bytes+m.rec.Bytes
	b := m.block
	m.block = nil
	k.sending.blocks <- piece{b, m.rec.FileID(), m.rows, m.rec.Bytes}
}

// packer makes packs of files. One is stored while the next is decoded.
type packer struct {
	*partWriter
	known map[clickhouse.FileVersion]clickhouse.FileRecord
	free  chan *block.Block
	probe *block.Block
	group *errgroup.Group
	open  *pack // that is being made; nil: none

	mu     sync.Mutex
	stored []clickhouse.FileRecord // guarded by mu
}

// packs stores the files that can be stored together, in order, and returns those
// that are to be sent alone. It completes known.
func (w *partWriter) packs(ctx context.Context, files []plan.File, known map[clickhouse.FileVersion]clickhouse.FileRecord) (alone []plan.File, err error) {
	p := w.packer(known)
	defer p.close()
	group, sending := errgroup.WithContext(ctx)
	group.SetLimit(appendsAtOnce + 1)
	p.group = group
	for _, f := range files {
		var took bool
		if took, err = p.take(sending, f); err != nil {
			break
		}
		if !took {
			alone = append(alone, f)
		}
	}
	p.end(p.claim) // it is whole, whatever comes after it
	if sent := group.Wait(); sent != nil {
		err = sent // the cause of err, if there is one
	}
	for _, rec := range p.stored {
		known[rec.Version()] = rec
	}
	return alone, err
}

func (w *partWriter) packer(known map[clickhouse.FileVersion]clickhouse.FileRecord) *packer {
	return &packer{partWriter: w, known: known, free: stock(blocksAtOnce), probe: new(block.Block)}
}

func (p *packer) close() { release(p.free) }

// take adds a file to a pack, unless it is to be sent alone.
func (p *packer) take(ctx context.Context, f plan.File) (bool, error) {
	rec := p.known[version(f)]
	if !packable(rec) {
		return false, nil
	}
	if err := p.halted(ctx); err != nil {
		return false, err
	}
	m, err := p.decode(ctx, f, rec)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return false, ctx.Err()
	case aside(err):
		return false, nil // what is wrong with it is found again
	default:
		return false, err
	}
	if p.open != nil && !p.open.takes(m) {
		p.end(p.claim)
	}
	if p.open == nil {
		p.begin(ctx, m)
	}
	p.open.add(m)
	return true, nil
}

// aside reports whether an error is about one file alone.
func aside(err error) bool {
	return errors.Is(err, errAlone) || errors.As(err, new(*fileError)) || errors.As(err, new(*storeError)) && !fault.KindOf(err).Retryable()
}

func (p *packer) decode(ctx context.Context, f plan.File, rec clickhouse.FileRecord) (*member, error) {
	b := <-p.free
	m, err := p.member(ctx, f, rec, b, p.probe)
	if err != nil {
		p.free <- b
	}
	return m, err
}

// begin begins a pack with its first file, which names it for the server: no file
// is the first of two packs that are stored (TestTwoAttemptsAgreeOnTheirPacks).
func (p *packer) begin(ctx context.Context, m *member) {
	p.open = &pack{packing: packingOf(*m.rec)}
	p.open.sending = deliver(ctx, p.group, p.free, p.meter, p.job.house, clickhouse.Insert{
		Table: p.job.ds.Name, Token: token(*m.rec, 0, roomPack), File: m.rec.FileID(),
	})
}

// end has the pack be stored that is being made, once agree does.
func (p *packer) end(agree func(ctx context.Context, k *pack) error) {
	k := p.open
	if p.open = nil; k == nil {
		return
	}
	d := k.sending
	if len(k.members) == 1 { // as it is sent alone
		d.insert.Token = token(*k.members[0].rec, 0, roomRows)
	}
	d.before = func(ctx context.Context) error {
		if err := agree(ctx, k); err != nil {
			return err
		}
		for _, m := range k.members {
			if err := m.quarantine(ctx, 0, m.bad); err != nil {
				return err
			}
		}
		return nil
	}
	d.after = func(ctx context.Context) error { return p.record(ctx, k) }
	d.whole = true
	close(d.blocks)
}

// drop ends the pack that is being made, and nothing of it is stored.
func (p *packer) drop() {
	if p.open != nil {
		close(p.open.sending.blocks)
		p.open = nil
	}
}

// record records that the files of a pack are done, all at once.
func (p *packer) record(ctx context.Context, k *pack) error {
	id := k.agreed().ID
	done := make([]clickhouse.FileRecord, len(k.members))
	for i, m := range k.members {
		done[i] = ingested(*m.rec)
		if len(k.members) > 1 {
			done[i].Pack = id
		}
		done[i].RunID, done[i].UpdatedAt = string(p.run.ID), p.now()
	}
	if err := p.job.house.RecordFiles(ctx, done); err != nil {
		return err
	}
	for i, m := range k.members {
		m.leftOut(m.unknown)
		p.note(m.file, done[i])
	}
	p.finished(id)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stored = append(p.stored, done...)
	return nil
}
