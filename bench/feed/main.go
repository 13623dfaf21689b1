// Command feed runs the stages of an ingest without its records, which want a newer server than ClickHouse 18.16: it reads an object as a
// worker does, decodes it into the same blocks, and appends them with two INSERTs, as the two parts of a worker would. Like any that has several
// blocks, and like the client's, each of these is whole only when nothing fails.
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
	"github.com/klauspost/readahead"
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
	blockRows   = 1 << 16

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
	full, free := make(chan *block.Block, connections), make(chan *block.Block, 2*connections+1)
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
	plain, codec, err := compress.NewReader(body)
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
	stream := io.Reader(bufio.NewReaderSize(plain, 64<<10))
	if codec != compress.None {
		ahead, err := readahead.NewReaderSize(stream, 4, 512<<10)
		if err != nil {
			return nil, nil, errors.Join(err, body.Close())
		}
		stream = ahead
	}
	d, err := r.Decoder(ctx, format.Input{Name: key, Stream: stream}, all, format.ReadOptions{})
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
	b, ok := <-full
	if !ok {
		return nil
	}
	in := make(proto.Input, len(b.Columns)) // of b
	show := func() {
		for i, c := range b.Columns {
			in[i] = proto.InputColumn{Name: c.Name, Data: column{c}}
		}
	}
	show()
	return client.Do(ctx, ch.Query{Body: in.Into(table), Input: in, OnInput: func(context.Context) error {
		sent := b
		if b, ok = <-full; ok {
			show()
		} else {
			in[0].Data = column{block.NewColumn(sent.Columns[0].Name, sent.Columns[0].Type)} // nothing more
		}
		free <- sent
		if !ok {
			return io.EOF
		}
		return nil
	}})
}

// column sends a block's column as it is.
type column struct{ *block.Column }

func (c column) Type() proto.ColumnType       { return proto.ColumnType(c.WireType().String()) }
func (c column) EncodeState(b *proto.Buffer)  { b.Buf = c.AppendPrefix(b.Buf) }
func (c column) EncodeColumn(b *proto.Buffer) { b.Buf = c.AppendNative(b.Buf) }
func (c column) WriteColumn(w *proto.Writer)  { c.EachNative(w.ChainWrite) }
