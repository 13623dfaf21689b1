package ingest

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/block"
)

// delivery sends the blocks of one INSERT, those of a chunk or of a pack, while
// they are decoded. Only when it is whole does the server store any of it.
type delivery struct {
	house  Warehouse
	meter  *run.Meter
	free   chan *block.Block // where blocks go that were sent
	insert clickhouse.Insert // without its rows
	blocks chan piece        // closed behind the last

	// What is set before blocks is closed:
	whole  bool                            // it is to be stored
	before func(ctx context.Context) error // before it is stored; nil: nothing
	after  func(ctx context.Context) error // when it is stored; nil: nothing
}

// piece is a block of a delivery.
type piece struct {
	block       *block.Block
	file        uint64 // the id of its file; zero where rows don't know theirs
	rows, bytes int64  // of the file
}

// deliver begins to send the next chunk.
func (a *appender) deliver(ctx context.Context, group *errgroup.Group) *delivery {
	return deliver(ctx, group, a.free, a.meter, a.job.house, clickhouse.Insert{
		Table: a.job.ds.Name, Token: token(*a.rec, a.rec.Chunks, roomRows), File: a.rec.FileID(),
	})
}

// deliver begins to send an INSERT. It waits while the server has as many to store
// as it may have.
func deliver(ctx context.Context, group *errgroup.Group, free chan *block.Block, meter *run.Meter, house Warehouse, insert clickhouse.Insert) *delivery {
	d := &delivery{house: house, meter: meter, free: free, insert: insert, blocks: make(chan piece)}
	group.Go(func() error {
		err := d.run(ctx)
		for p := range d.blocks {
			d.free <- p.block
		}
		return err
	})
	return d
}

func (d *delivery) run(ctx context.Context) error {
	first, ok := <-d.blocks
	if !ok {
		return nil
	}
	second, ok := <-d.blocks
	if ok {
		return d.stream(ctx, first, second)
	}
	return d.single(ctx, first)
}

// single sends what is one block.
func (d *delivery) single(ctx context.Context, p piece) error {
	defer func() { d.free <- p.block }()
	return d.store(ctx, func() error {
		in := d.insert
		in.Block = p.block
		if err := d.house.Append(ctx, in); err != nil {
			return err
		}
		d.meter.Add(p.rows, p.bytes)
		return nil
	})
}

// stream sends several blocks as they come.
func (d *delivery) stream(ctx context.Context, pieces ...piece) error {
	s, err := d.house.Stream(ctx, d.insert)
	if err == nil {
		defer s.Close()
	}
	write := func(p piece) error {
		defer func() { d.free <- p.block }()
		if err != nil {
			return err
		}
		d.meter.Add(p.rows, p.bytes)
		return s.WriteOf(p.block, p.file)
	}
	for _, p := range pieces {
		err = write(p)
	}
	for p := range d.blocks {
		err = write(p)
	}
	if err != nil {
		return err
	}
	return d.store(ctx, s.Commit)
}

// store has the server store what was sent, if it is whole.
func (d *delivery) store(ctx context.Context, store func() error) error {
	if !d.whole {
		return nil
	}
	if d.before != nil {
		if err := d.before(ctx); err != nil {
			return err
		}
	}
	if err := store(); err != nil || d.after == nil {
		return err
	}
	return d.after(ctx)
}
