package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

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

// keyRange is the rows of a result whose key is at least From and below To.
type keyRange struct {
	Column string `json:"column"`
	Type   string `json:"type"` // of the bounds
	// From is nil in the first range, To in the last.
	From *string `json:"from,omitempty"`
	To   *string `json:"to,omitempty"`
}

// condition is the range as a condition on the result, called q. The first
// range also has what compares with nothing: nulls and NaN.
func (k keyRange) condition() string {
	column := "q." + quoteName(k.Column)
	bound := func(value *string) string { return "CAST(" + quoteText(*value) + " AS " + k.Type + ")" }
	switch {
	case k.From == nil && k.To == nil:
		return "1"
	case k.From == nil:
		return "ifNull(" + column + " >= " + bound(k.To) + ", 0) = 0"
	case k.To == nil:
		return column + " >= " + bound(k.From)
	}
	return column + " >= " + bound(k.From) + " AND " + column + " < " + bound(k.To)
}

// Split implements source.Database. Only a named partition column is cut, into
// ranges that hold about as many rows each; the query runs once for that. There
// is no snapshot: several splits may see several states of the data.
func (d *database) Split(ctx context.Context, q source.Query, n int) (*source.Splits, error) {
	action := "split model " + q.Name
	c, err := d.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	m, err := d.describe(ctx, c, q, action)
	if err != nil {
		return nil, err
	}
	if q.PartitionColumn == "" {
		return m.encodeSplits([]detail{{}}, 0)
	}
	key, err := m.column(q.PartitionColumn)
	if err != nil {
		return nil, d.failure(ctx, action, err, 0)
	}
	if n < 2 || m.limited {
		return m.encodeSplits([]detail{{}}, 0)
	}
	column := "q." + quoteName(q.PartitionColumn)
	found, err := collect(ctx, c, fmt.Sprintf(
		"SELECT toString(count()), arrayMap(k -> toString(k), arraySort(groupArraySampleIf(%d, 1)(assumeNotNull(%s), ifNull(%[2]s = %[2]s, 0)))) FROM (\n%s\n) AS q",
		sampleSize, column, m.sql), d.settings)
	if err != nil {
		return nil, d.failure(ctx, action, err, describeLines)
	}
	rows, sample, err := readSample(found)
	if err != nil {
		return nil, d.failure(ctx, action, err, 0)
	}
	return m.encodeSplits(cutKeys(q.PartitionColumn, plainType(m.types[key]), sample, q.Ranges(n, rows, splitRows)), rows)
}

// sampleSize is how many keys bounds are chosen from.
const sampleSize = 10_000

func readSample(found [][]string) (rows int64, sample []string, err error) {
	if len(found) != 1 {
		return 0, nil, fault.New(fault.Unknown, "the sample of keys has %d rows, not one", len(found))
	}
	if rows, err = strconv.ParseInt(found[0][0], 10, 64); err != nil {
		return 0, nil, fault.New(fault.Unknown, "the count of rows is %q", found[0][0])
	}
	if err := json.Unmarshal([]byte(found[0][1]), &sample); err != nil {
		return 0, nil, fault.New(fault.Unknown, "read the sample of keys: %w", err)
	}
	return rows, sample, nil
}

// cutKeys chooses bounds from the sorted sample. Equal bounds become one.
func cutKeys(column, typeName string, sample []string, n int) []detail {
	var cuts []detail
	var from *string
	for i := 1; i < n && len(sample) > 0; i++ {
		bound := sample[len(sample)*i/n]
		if bound == sample[0] || from != nil && *from == bound {
			continue
		}
		cuts = append(cuts, detail{Keys: &keyRange{Column: column, Type: typeName, From: from, To: &bound}})
		from = &bound
	}
	if from == nil {
		return []detail{{}}
	}
	return append(cuts, detail{Keys: &keyRange{Column: column, Type: typeName, From: from}})
}

// plainType takes Nullable and LowCardinality away.
func plainType(s string) string {
	for {
		t := parseType(s)
		switch t.name {
		case "Nullable", "LowCardinality":
			s = t.arg(0)
		case "SimpleAggregateFunction":
			s = t.arg(1)
		default:
			return s
		}
	}
}

func (m *model) column(name string) (int, error) {
	for i, have := range m.names {
		if have == name {
			return i, nil
		}
	}
	return 0, fault.WithRemedy(fault.New(fault.Invalid, "the result has no column %q to cut ranges of", name),
		"name a column of the result as the model's partition: %s", strings.Join(m.names, ", "))
}

// encodeSplits shares the rows out among the splits. One query sees one state
// of each table; several don't.
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
