package ingest

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/block"
)

// delivery sends the blocks of one chunk while they are decoded. Only when the
// chunk is whole does the server store any of it.
type delivery struct {
	*appender
	insert clickhouse.Insert // of the chunk, without its rows
	blocks chan piece        // closed behind the last

	// What is set before blocks is closed:
	whole *clickhouse.FileRecord // counts the chunk; nil: it isn't to be stored
	last  bool                   // of the file
}

// piece is a block of a chunk.
type piece struct {
	block       *block.Block
	rows, bytes int64 // of the file
}

// deliver begins to send the next chunk. It waits while the server has as many to
// store as it may have.
func (a *appender) deliver(ctx context.Context, group *errgroup.Group) *delivery {
	insert := clickhouse.Insert{Table: a.job.ds.Name, Token: token(*a.rec, a.rec.Chunks, roomRows), File: a.rec.FileID()}
	d := &delivery{appender: a, insert: insert, blocks: make(chan piece)}
	group.Go(func() error {
		err := d.run(ctx)
		for p := range d.blocks {
			a.free <- p.block
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
	err := error(nil)
	if ok {
		err = d.stream(ctx, first, second)
	} else {
		err = d.single(ctx, first)
	}
	if err != nil || d.whole == nil || d.last {
		return err // that the file is done is about to be recorded
	}
	return d.reached(ctx, *d.whole)
}

// single sends a chunk of one block.
func (d *delivery) single(ctx context.Context, p piece) error {
	defer func() { d.free <- p.block }()
	if d.whole == nil {
		return nil
	}
	in := d.insert
	in.Block = p.block
	if err := d.job.house.Append(ctx, in); err != nil {
		return err
	}
	d.meter.Add(p.rows, p.bytes)
	return nil
}

// stream sends a chunk of several blocks as they come.
func (d *delivery) stream(ctx context.Context, pieces ...piece) error {
	s, err := d.job.house.Stream(ctx, d.insert)
	if err == nil {
		defer s.Close()
	}
	write := func(p piece) error {
		defer func() { d.free <- p.block }()
		if err != nil {
			return err
		}
		d.meter.Add(p.rows, p.bytes)
		return s.Write(p.block)
	}
	for _, p := range pieces {
		err = write(p)
	}
	for p := range d.blocks {
		err = write(p)
	}
	if err != nil || d.whole == nil {
		return err
	}
	return s.Commit()
}
