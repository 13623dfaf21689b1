package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/longshore/longshore/pkg/block"
)

// record appends rows to a table of ours; values gives those of the i-th of n, in
// the order of the columns. All of them become visible at once.
func (c *Client) record(ctx context.Context, table string, columns []Column, n int, values func(i int) []any) error {
	var b block.Block
	specs := make([]block.Spec, len(columns))
	for i, col := range columns {
		specs[i] = block.Spec{Name: col.Name, Type: col.Type}
	}
	b.Shape(specs)
	for i := range n {
		for at, v := range values(i) {
			appendValue(b.Columns[at], v)
		}
	}
	return c.Append(ctx, Insert{Table: table, Block: &b})
}

// appendValue appends a value of a record; a time has microseconds.
func appendValue(c *block.Column, value any) {
	switch v := value.(type) {
	case string:
		c.AppendString(v)
	case int64:
		c.AppendInt64(v)
	case uint64:
		c.AppendUint64(v)
	case uint32:
		c.AppendUint32(v)
	case bool:
		c.AppendBool(v)
	case time.Time:
		c.AppendInt64(v.UnixMicro())
	case []string:
		for _, text := range v {
			c.Elem(0).AppendString(text)
		}
		c.EndRow()
	default:
		panic(fmt.Sprintf("no column of a record has values of %T", value))
	}
}
