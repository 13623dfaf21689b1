package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/compress"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/uuid"

	"github.com/longshore/longshore/pkg/block"
)

// Stream is one INSERT whose rows come in several blocks. The server gathers them
// in a temporary table and begins with the INSERT when all are there: then it
// stores them as one block, in one part per partition. So they are stored as a
// whole or not at all, whenever the connection breaks, which an INSERT that is
// fed with blocks doesn't promise. That goes for tables that aren't Sharded.
//
//	s, err := client.Stream(ctx, in)
//	defer s.Close()
//	err = s.Write(b) // for each block
//	err = s.Commit()
//
// It is used by one goroutine.
type Stream struct {
	client  *Client
	session *session // nil when it is given back
	in      Insert
	what    action
	ctx     context.Context
	stop    func() bool // ends that ctx closes the connection

	wire   *proto.Writer
	frames *frames  // nil without compression
	names  []string // of the columns, once the first block is written
	err    error
}

// Stream begins an INSERT of several blocks. The Block and Files of in are those
// that Write gets. It waits while as many streams are under way as the
// configuration allows appends. When ctx ends, the stream fails.
func (c *Client) Stream(ctx context.Context, in Insert) (*Stream, error) {
	if in.Database == "" {
		in.Database = c.target.database
	}
	st := &Stream{client: c, in: in, ctx: ctx, what: appending(in)}
	s, err := c.streams.get(ctx)
	if err != nil {
		return nil, c.target.fault(st.what, err)
	}
	st.session, st.stop = s, context.AfterFunc(ctx, func() { s.conn.Close() })
	st.wire = proto.NewWriter(s.conn, new(proto.Buffer))
	if method, ok := methods[c.target.compress]; ok {
		st.frames = &frames{to: s.conn, compressor: compress.NewWriter(compress.LevelZero, method), plain: make([]byte, 0, frameBytes)}
	}
	return st, nil
}

// Write sends a block. Its columns are those of the first block; it stays the
// caller's, who may change it when Write returns. Its Optional columns are made
// Uniform, so none may be of a type that can't be Nullable.
func (s *Stream) Write(b *block.Block) error { return s.WriteOf(b, s.in.File) }

// WriteOf is Write for a block of another file than Insert.File. Either all blocks
// of a stream have a file or none does.
func (s *Stream) WriteOf(b *block.Block, file uint64) error {
	if s.err != nil || b.Rows() == 0 {
		return s.err
	}
	for _, c := range b.Columns {
		c.Uniform()
	}
	in := s.in
	in.Block, in.File = b, file
	columns, _ := in.columns()
	if s.names == nil {
		for _, c := range columns {
			s.names = append(s.names, c.Name)
		}
		s.begin()
	}
	return s.fail(s.send(sentRows, columns))
}

// Commit ends the rows and returns when the server has stored them. When it
// fails, they may have been stored, as with Append.
func (s *Stream) Commit() error {
	if s.err != nil || s.names == nil {
		return s.err
	}
	err := s.send("", nil)
	if err == nil {
		err = s.answer()
	}
	return s.fail(err)
}

// Close gives the connection back. What wasn't committed is not stored.
func (s *Stream) Close() {
	if s.session == nil {
		return
	}
	s.client.streams.put(s.session, s.stop() && s.err == nil && s.names == nil)
	s.session = nil
}

// fail keeps the first error, in words of ours.
func (s *Stream) fail(err error) error {
	switch {
	case err == nil:
		return nil
	case s.ctx.Err() != nil:
		err = s.ctx.Err() // and not that we closed the connection for it
	}
	s.err = s.client.target.fault(s.what, err)
	return s.err
}

// begin sends the statement, ahead of the first block.
func (s *Stream) begin() {
	q := proto.Query{
		ID:    uuid.NewString(),
		Body:  fmt.Sprintf("INSERT INTO %s (%[2]s) SELECT %[2]s FROM %s", Path(s.in.Database, s.in.Table), Names(s.names...), Name(sentRows)),
		Stage: proto.StageComplete,
		Info: proto.ClientInfo{
			ProtocolVersion: s.session.revision, Interface: proto.InterfaceTCP, Query: proto.ClientQueryInitial,
			InitialAddress: s.session.conn.LocalAddr().String(), ClientName: clientName,
		},
	}
	if s.frames != nil {
		q.Compression = proto.CompressionEnabled
	}
	for _, set := range s.in.settings(s.client.target.durability(), oneBlock) {
		q.Settings = append(q.Settings, proto.Setting{Key: set.Key, Value: set.Value, Important: set.Important})
	}
	s.wire.ChainBuffer(func(b *proto.Buffer) { q.EncodeAware(b, s.session.revision) })
}

// oneBlock has the server join the blocks of a stream, however many rows they are.
var oneBlock = map[string]string{
	"min_insert_block_size_rows": "1000000000000",
}

// send writes a block of a table; no columns mean the end.
func (s *Stream) send(table string, columns proto.Input) error {
	revision := s.session.revision
	s.wire.ChainBuffer(func(b *proto.Buffer) {
		proto.ClientCodeData.Encode(b)
		proto.ClientData{TableName: table}.EncodeAware(b, revision)
	})
	head := proto.Block{Columns: len(columns)}
	if len(columns) > 0 {
		head.Rows, head.Info.BucketNum = columns[0].Data.Rows(), -1
	}
	if s.frames == nil {
		if err := head.WriteBlock(s.wire, revision, columns); err != nil {
			return err
		}
		return s.flush(s.wire)
	}
	if err := s.flush(s.wire); err != nil {
		return err
	}
	plain := proto.NewWriter(s.frames, new(proto.Buffer))
	if err := head.WriteBlock(plain, revision, columns); err != nil {
		return err
	}
	if err := s.flush(plain); err != nil {
		return err
	}
	return s.said(s.frames.end())
}

func (s *Stream) flush(w *proto.Writer) error {
	_, err := w.Flush()
	return s.said(err)
}

// lastWords is how long a server that doesn't listen any more has to say why.
const lastWords = time.Second

// said returns what the server said before it stopped listening, if err is that it
// did, or err.
func (s *Stream) said(err error) error {
	if err == nil || s.session.conn.SetReadDeadline(time.Now().Add(lastWords)) != nil {
		return err
	}
	var said *ch.Exception
	if answer := s.answer(); errors.As(answer, &said) {
		return said
	}
	return err
}

// answer reads what the server says until the end of the INSERT.
func (s *Stream) answer() error {
	in := proto.NewReader(s.session.conn)
	for {
		code, err := in.UVarInt()
		if err != nil {
			return err
		}
		switch proto.ServerCode(code) {
		case proto.ServerCodeEndOfStream:
			s.names = nil // the connection is where it was
			return nil
		case proto.ServerCodeException:
			return s.exception(in)
		default:
			if err := s.skip(in, proto.ServerCode(code)); err != nil {
				return err
			}
		}
	}
}

func (s *Stream) exception(in *proto.Reader) error {
	var e proto.Exception
	if err := e.DecodeAware(in, s.session.revision); err != nil {
		return err
	}
	return &ch.Exception{Code: e.Code, Name: e.Name, Message: e.Message, Stack: e.Stack}
}

// skip reads a packet that says nothing about the end.
func (s *Stream) skip(in *proto.Reader, code proto.ServerCode) error {
	var packet proto.AwareDecoder
	switch code {
	case proto.ServerCodeProgress:
		packet = new(proto.Progress)
	case proto.ServerCodeProfile:
		packet = new(proto.Profile)
	case proto.ServerCodeTableColumns:
		packet = new(proto.TableColumns)
	case proto.ServerCodeData, proto.ServerCodeLog, proto.ServerProfileEvents:
		return s.skipBlock(in, code)
	default:
		return fmt.Errorf("packet %d of the server is unknown", code)
	}
	return packet.DecodeAware(in, s.session.revision)
}

func (s *Stream) skipBlock(in *proto.Reader, code proto.ServerCode) error {
	if _, err := in.Str(); err != nil { // the name of a temporary table
		return err
	}
	if s.frames != nil && code.Compressible() {
		in.EnableCompression()
		defer in.DisableCompression()
	}
	var found proto.Results
	var b proto.Block
	return b.DecodeBlock(in, s.session.revision, found.Auto())
}
