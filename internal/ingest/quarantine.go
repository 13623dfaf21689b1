package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// rejects are the rows of a chunk that don't fit the table, as they go to its
// quarantine.
type rejects struct {
	block *block.Block
	bytes int64 // of the file
}

// full reports whether the rows are as many as a block has: then their chunk ends,
// for they are kept until it does.
func (r *rejects) full(c cut) bool {
	return r != nil && (int64(r.block.Rows()) >= c.rows || r.bytes >= c.bytes)
}

// gather adds rows to those of a chunk, of which there may be none yet: to nil.
func (a *appender) gather(ctx context.Context, to *rejects, rejected []format.Reject, facts format.Facts) (*rejects, error) {
	if len(rejected) == 0 {
		return to, nil
	}
	var before ledger.RangeCount
	if a.preceding != nil {
		var err error
		if before, err = a.preceding(ctx); err != nil {
			return to, err
		}
	}
	if to == nil {
		to = &rejects{block: quarantineBlock(a.job.columns)}
	}
	a.fields, a.delimiter = header(facts), delimiter(facts)
	for _, r := range rejected {
		r.Row, r.Line = r.Row+before.Rows, r.Line+before.Lines
		a.addReject(to.block, r)
		to.bytes += int64(len(r.Raw))
	}
	return to, nil
}

// quarantine appends the rejected rows of a chunk, under a token of their own.
func (a *appender) quarantine(ctx context.Context, chunk int64, bad *rejects) error {
	if bad == nil {
		return nil
	}
	return a.job.house.Append(ctx, clickhouse.Insert{
		Table: clickhouse.QuarantineName(a.job.ds.Name), Block: bad.block, Token: token(*a.rec, chunk, roomQuarantine),
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
	word      = schema.MustParseType("LowCardinality(String)")
	moment    = schema.MustParseType("DateTime64(3, 'UTC')")
)

func quarantineBlock(columns []format.Column) *block.Block {
	var specs []block.Spec
	for _, c := range columns {
		specs = append(specs, block.Spec{Name: c.Name, Type: anyText})
	}
	specs = append(specs, []block.Spec{
		{Name: clickhouse.ErrorColumn, Type: texts}, {Name: clickhouse.ErrorText, Type: texts}, {Name: clickhouse.ErrorReason, Type: texts},
		{Name: clickhouse.ImportID, Type: text}, {Name: clickhouse.InsertionDate, Type: moment},
		{Name: clickhouse.ErrorFile, Type: text}, {Name: clickhouse.ErrorETag, Type: text},
		{Name: clickhouse.ErrorRow, Type: number}, {Name: clickhouse.ErrorLine, Type: anyNumber},
		{Name: clickhouse.ErrorOffset, Type: anyNumber}, {Name: clickhouse.ErrorRowGroup, Type: anyGroup},
		{Name: clickhouse.ErrorRaw, Type: text}, {Name: clickhouse.Fingerprint, Type: text},
		{Name: clickhouse.ErrorFormat, Type: word}, {Name: clickhouse.ErrorFields, Type: word}, {Name: clickhouse.ErrorSplit, Type: word},
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
		own[2].Elem(0).AppendString(e.Code)
	}
	for _, list := range own[:3] {
		list.EndRow()
	}
	own[3].AppendString(string(a.run.ID))
	own[4].AppendInt64(a.now().UnixMilli())
	own[5].AppendString(a.file.Key)
	own[6].AppendString(a.rec.ETag)
	a.addPosition(own[7:11], r)
	own[11].AppendBytes(r.Raw)
	own[12].AppendString(fingerprint(a.job.ds.Name, r.Errors))
	own[13].AppendString(a.format)
	own[14].AppendString(a.fields)
	own[15].AppendString(a.delimiter)
}

// addPosition appends where a row is: its number, line, offset and row group.
func (a *appender) addPosition(own []*block.Column, r format.Reject) {
	own[0].AppendUint64(uint64(r.Row))
	if r.RowGroup < 0 {
		own[1].AppendUint64(uint64(r.Line))
		own[2].AppendUint64(uint64(r.Offset))
		own[3].AppendNull()
		return
	}
	own[1].AppendNull()
	own[2].AppendNull()
	own[3].AppendUint32(uint32(r.RowGroup))
}

// header is the names of a CSV file's fields as its first line would have them;
// empty where it has none.
func header(f format.Facts) string {
	var line strings.Builder
	for i, name := range f.Fields {
		if i > 0 {
			line.WriteByte(f.Delimiter)
		}
		if strings.ContainsAny(name, "\"\r\n'"+string(f.Delimiter)) {
			name = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
		line.WriteString(name)
	}
	return line.String()
}

func delimiter(f format.Facts) string {
	if f.Delimiter == 0 {
		return ""
	}
	return string(f.Delimiter)
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
