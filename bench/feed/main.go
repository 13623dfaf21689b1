// Command feed runs the stages of an ingest without its records, which want a newer server than ClickHouse 18.16: it reads an object as a
// worker does, decodes it into the same blocks, and appends them over two connections. Unlike a worker it does so with one part.
//
//	feed FORMAT BUCKET KEY HOST:PORT TABLE 'name Type; name Type…'
//
// The store is the environment's: AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/format"
	formats "github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/objstore/s3"
	"github.com/longshore/longshore/pkg/schema"
)

const (
	connections = 2
	blockRows   = 1 << 18

	// oldProtocol is the newest that the driver and ClickHouse 18 spell alike.
	oldProtocol = 54031
)

func main() {
	if len(os.Args) != 7 {
		fmt.Fprintln(os.Stderr, "feed: want FORMAT BUCKET KEY HOST:PORT TABLE COLUMNS")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "feed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	decoder, closing, err := open(ctx, args[0], args[1], args[2], args[5])
	if err != nil {
		return err
	}
	defer func() { _ = errors.Join(decoder.Close(), closing()) }() // what was read is all that counts
	group, ctx := errgroup.WithContext(ctx)
	full, free := make(chan *block.Block), make(chan *block.Block, connections+1)
	for range cap(free) {
		free <- new(block.Block)
	}
	for range connections {
		group.Go(func() error { return send(ctx, args[3], args[4], full, free) })
	}
	group.Go(func() error {
		defer close(full)
		return decode(ctx, decoder, full, free)
	})
	return group.Wait()
}

// open opens an object for decoding.
func open(ctx context.Context, name, bucket, key, columns string) (format.Decoder, func() error, error) {
	r, err := formats.Reader(name)
	if err != nil {
		return nil, nil, err
	}
	store, err := s3.Open(ctx, s3.Config{Name: "bench", Bucket: bucket, Endpoint: os.Getenv("AWS_ENDPOINT_URL"), PathStyle: true})
	if err != nil {
		return nil, nil, err
	}
	body, err := store.Open(ctx, key, "", 0, -1)
	if err != nil {
		return nil, nil, err
	}
	plain, _, err := compress.NewReader(body)
	if err != nil {
		return nil, nil, errors.Join(err, body.Close())
	}
	var all []format.Column
	for text := range strings.SplitSeq(columns, "; ") {
		name, of, _ := strings.Cut(text, " ")
		t, err := schema.ParseType(of)
		if err != nil {
			return nil, nil, errors.Join(err, body.Close())
		}
		all = append(all, format.Column{Name: name, Type: t})
	}
	d, err := r.Decoder(ctx, format.Input{Name: key, Stream: bufio.NewReaderSize(plain, 64<<10)}, all, format.ReadOptions{})
	return d, body.Close, err
}

func decode(ctx context.Context, decoder format.Decoder, full chan<- *block.Block, free <-chan *block.Block) error {
	for {
		b := <-free
		_, err := decoder.Next(b, blockRows)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if rejected := decoder.Rejected(); len(rejected) > 0 {
			return fmt.Errorf("row %d is refused: %+v", rejected[0].Row, rejected[0].Errors)
		}
		select {
		case full <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// send appends blocks over one connection.
func send(ctx context.Context, address, table string, full <-chan *block.Block, free chan<- *block.Block) error {
	client, err := ch.Dial(ctx, ch.Options{Address: address, ProtocolVersion: oldProtocol, Compression: ch.CompressionDisabled, ReadTimeout: ch.NoTimeout})
	if err != nil {
		return err
	}
	defer client.Close()
	for b := range full {
		var in proto.Input
		for _, c := range b.Sent(nil) {
			in = append(in, proto.InputColumn{Name: c.Name, Data: column{c}})
		}
		if err := client.Do(ctx, ch.Query{Body: in.Into(table), Input: in}); err != nil {
			return err
		}
		free <- b
	}
	return nil
}

// column sends a block's column as it is.
type column struct{ *block.Column }

func (c column) Type() proto.ColumnType       { return proto.ColumnType(c.WireType().String()) }
func (c column) EncodeState(b *proto.Buffer)  { b.Buf = c.AppendPrefix(b.Buf) }
func (c column) EncodeColumn(b *proto.Buffer) { b.Buf = c.AppendNative(b.Buf) }
func (c column) WriteColumn(w *proto.Writer)  { w.ChainBuffer(c.EncodeColumn) }
