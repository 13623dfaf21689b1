package mysql

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// splitRows is how many rows a split should have at least.
const splitRows = 100_000

// detail is what a split carries to the worker that reads it. The zero detail
// is the whole query.
type detail struct {
	Keys *keyRange `json:"keys,omitempty"`
}

// keyRange is one of the ranges that bounds cut a result into.
type keyRange struct {
	Column string   `json:"column"`
	Bounds []string `json:"bounds"` // constants of SQL, in the key's order
	// Index is the range below Bounds[Index], or after the last bound.
	Index int `json:"index"`
}

// condition is the range as a condition on the result, called q: below its own
// bound and below none of those before. A row is so in one range even where the
// server compares in another order than it sorts, as it does with an ENUM.
// Nulls are in the first range.
func (k keyRange) condition() string {
	column := "q." + quoteName(k.Column)
	var parts []string
	for _, bound := range k.Bounds[:k.Index] {
		parts = append(parts, column+" >= "+bound)
	}
	if k.Index < len(k.Bounds) {
		below := column + " < " + k.Bounds[k.Index]
		if k.Index == 0 {
			below = "(" + below + " OR " + column + " IS NULL)"
		}
		parts = append(parts, below)
	}
	return strings.Join(parts, " AND ")
}

// Split implements source.Database. Only a named partition column is cut, into
// ranges that hold about as many rows each; the query runs twice for that.
// There is no snapshot: several splits may see several states of the data.
func (d *database) Split(ctx context.Context, q source.Query, n int) (*source.Splits, error) {
	action := "split model " + q.Name
	s, m, err := d.open(ctx, q, action)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if q.PartitionColumn == "" {
		return m.encodeSplits([]detail{{}}, 0)
	}
	key, err := m.column(q.PartitionColumn)
	if err != nil {
		return nil, d.failure(ctx, action, err)
	}
	if n < 2 || m.limited || m.ordered {
		return m.encodeSplits([]detail{{}}, 0)
	}
	cuts, rows, err := m.cut(ctx, s, q, key, n)
	if err != nil {
		if ctx.Err() != nil {
			s.kill()
		}
		return nil, d.failureIn(ctx, action, err, m.sql, 1)
	}
	return m.encodeSplits(cuts, rows)
}

// sampleSize is about how many keys bounds are chosen from.
const sampleSize = 10_000

// cut counts the rows, and where they are enough takes a sample of the keys.
func (m *model) cut(ctx context.Context, s *session, q source.Query, key, n int) (cuts []detail, rows int64, err error) {
	counted, err := s.collect(ctx, m.wrapped("COUNT(*)", ""))
	if err != nil {
		return nil, 0, err
	}
	rows, ok := toInteger[int64](counted[0][0])
	if !ok {
		return nil, 0, fault.New(fault.Unknown, "the count of rows isn't a number")
	}
	if n = q.Ranges(n, rows, splitRows); n < 2 {
		return []detail{{}}, rows, nil
	}
	column := "q." + quoteName(m.names[key])
	sample, err := s.collect(ctx, m.wrapped(column+", COUNT(*)", fmt.Sprintf(
		" WHERE %s IS NOT NULL AND RAND() < %.9f GROUP BY 1 ORDER BY 1", column, float64(sampleSize)/float64(max(rows, 1)))))
	if err != nil {
		return nil, 0, err
	}
	return cutKeys(m.names[key], m.bounds(key, sample), n), rows, nil
}

// weighted is a key and how often the sample has it.
type weighted struct {
	bound string
	rows  int64
}

func (m *model) bounds(key int, sample [][]driver.Value) []weighted {
	out := make([]weighted, len(sample))
	for i, row := range sample {
		rows, _ := toInteger[int64](row[1]) // a count is a number
		out[i] = weighted{constant(row[0], m.shapes[key].t), rows}
	}
	return out
}

// constant spells a value in SQL. Bytes are in hex: what quotes and backslashes
// mean depends on the server's mode.
func constant(v driver.Value, t arrow.DataType) string {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float32:
		return strconv.FormatFloat(float64(v), 'e', -1, 64)
	case float64:
		return strconv.FormatFloat(v, 'e', -1, 64)
	case []byte:
		switch t.ID() {
		case arrow.DECIMAL128, arrow.DECIMAL256, arrow.UINT64:
			if number(v) {
				return string(v)
			}
		case arrow.BINARY:
			return "x'" + hex.EncodeToString(v) + "'"
		}
		return "_utf8mb4 x'" + hex.EncodeToString(v) + "'"
	}
	return "NULL"
}

func number(text []byte) bool {
	return len(text) > 0 && strings.Trim(string(text), "-.0123456789") == ""
}

// cutKeys chooses bounds from the sorted sample: at most n-1, each another and
// none the first, below which nothing would be.
func cutKeys(column string, sample []weighted, n int) []detail {
	total := int64(0)
	for _, w := range sample {
		total += w.rows
	}
	var bounds []string
	before := int64(0)
	for i, w := range sample {
		if i > 0 && before >= total*int64(len(bounds)+1)/int64(n) && len(bounds) < n-1 {
			bounds = append(bounds, w.bound)
		}
		before += w.rows
	}
	if len(bounds) == 0 {
		return []detail{{}}
	}
	cuts := make([]detail, len(bounds)+1)
	for i := range cuts {
		cuts[i].Keys = &keyRange{Column: column, Bounds: bounds, Index: i}
	}
	return cuts
}

// encodeSplits shares the rows out among the splits. One statement sees one
// state of the data; several don't.
func (m *model) encodeSplits(cuts []detail, rows int64) (*source.Splits, error) {
	out := &source.Splits{Consistent: len(cuts) == 1, Ordered: len(cuts) == 1 && m.ordered}
	for _, c := range cuts {
		content, err := json.Marshal(c)
		if err != nil {
			return nil, fault.New(fault.Unknown, "encode the split: %w", err)
		}
		out.Splits = append(out.Splits, source.Split{Detail: content, Rows: rows / int64(len(cuts))})
	}
	return out, nil
}
