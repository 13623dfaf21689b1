package clickhouse

import (
	"github.com/ClickHouse/ch-go/proto"

	"github.com/longshore/longshore/pkg/block"
)

// wireColumn sends a block's column as it is.
type wireColumn struct{ *block.Column }

var (
	_ proto.ColInput     = wireColumn{}
	_ proto.StateEncoder = wireColumn{}
)

// Type implements proto.ColInput.
func (c wireColumn) Type() proto.ColumnType { return proto.ColumnType(c.WireType().String()) }

// EncodeState implements proto.StateEncoder.
func (c wireColumn) EncodeState(b *proto.Buffer) { b.Buf = c.AppendPrefix(b.Buf) }

// EncodeColumn implements proto.ColInput.
func (c wireColumn) EncodeColumn(b *proto.Buffer) { b.Buf = c.AppendNative(b.Buf) }

// WriteColumn implements proto.ColInput. Nothing is copied: the block is its
// sender's until it is stored.
func (c wireColumn) WriteColumn(w *proto.Writer) { c.EachNative(w.ChainWrite) }

// input returns the columns of b that are sent, and whether some have nulls that
// stand for a DEFAULT.
func input(b *block.Block) (in proto.Input, defaulted bool) {
	for _, c := range b.Sent(nil) {
		in = append(in, proto.InputColumn{Name: c.Name, Data: wireColumn{c}})
		defaulted = defaulted || c.Defaulted() > 0
	}
	return in, defaulted
}
