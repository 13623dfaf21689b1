package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// quarantine appends the rows of a chunk that don't fit the table to its
// quarantine, under a token of their own.
func (a *appender) quarantine(ctx context.Context, chunk int64, rejected []format.Reject) error {
	b := quarantineBlock(a.job.columns)
	for _, r := range rejected {
		a.addReject(b, r)
	}
	return a.job.house.Append(ctx, clickhouse.Insert{
		Table: clickhouse.QuarantineName(a.job.ds.Name), Block: b, Token: token(*a.rec, chunk, roomQuarantine),
	})
}

// The types of the quarantine's columns, as package clickhouse makes them.
var (
	anyText   = schema.NullableOf(schema.Of(schema.String))
	text      = schema.Of(schema.String)
	texts     = schema.MustParseType("Array(String)")
	number    = schema.Of(schema.UInt64)
	anyNumber = schema.NullableOf(schema.Of(schema.UInt64))
	anyGroup  = schema.NullableOf(schema.Of(schema.UInt32))
	moment    = schema.MustParseType("DateTime64(3, 'UTC')")
)

func quarantineBlock(columns []format.Column) *block.Block {
	var specs []block.Spec
	for _, c := range columns {
		specs = append(specs, block.Spec{Name: c.Name, Type: anyText})
	}
	specs = append(specs, []block.Spec{
		{Name: clickhouse.ErrorColumn, Type: texts}, {Name: clickhouse.ErrorText, Type: texts},
		{Name: clickhouse.ImportID, Type: text}, {Name: clickhouse.InsertionDate, Type: moment},
		{Name: clickhouse.ErrorFile, Type: text}, {Name: clickhouse.ErrorETag, Type: text},
		{Name: clickhouse.ErrorRow, Type: number}, {Name: clickhouse.ErrorLine, Type: anyNumber},
		{Name: clickhouse.ErrorOffset, Type: anyNumber}, {Name: clickhouse.ErrorRowGroup, Type: anyGroup},
		{Name: clickhouse.ErrorRaw, Type: text}, {Name: clickhouse.Fingerprint, Type: text},
	}...)
	b := new(block.Block)
	b.Shape(specs)
	return b
}

// addReject appends a row. The columns are in quarantineBlock's order.
func (a *appender) addReject(b *block.Block, r format.Reject) {
	n := len(a.job.columns)
	for i, c := range b.Columns[:n] {
		if i < len(r.Values) && r.Values[i] != nil {
			c.AppendString(*r.Values[i])
		} else {
			c.AppendNull()
		}
	}
	own := b.Columns[n:]
	for _, e := range r.Errors {
		own[0].Elem(0).AppendString(e.Column)
		own[1].Elem(0).AppendString(e.Detail)
	}
	own[0].EndRow()
	own[1].EndRow()
	own[2].AppendString(string(a.run.ID))
	own[3].AppendInt64(a.now().UnixMilli())
	own[4].AppendString(a.file.Key)
	own[5].AppendString(a.rec.ETag)
	own[6].AppendUint64(uint64(r.Row))
	if r.RowGroup < 0 {
		own[7].AppendUint64(uint64(r.Line))
		own[8].AppendUint64(uint64(r.Offset))
		own[9].AppendNull()
	} else {
		own[7].AppendNull()
		own[8].AppendNull()
		own[9].AppendUint32(uint32(r.RowGroup))
	}
	own[10].AppendBytes(r.Raw)
	own[11].AppendString(fingerprint(a.job.ds.Name, r.Errors))
}

// fingerprint is equal for rows that failed for the same reasons.
func fingerprint(datasource string, errors []format.ColumnError) string {
	parts := []string{datasource}
	for _, e := range errors {
		parts = append(parts, e.Column, e.Code)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}
