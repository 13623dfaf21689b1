package formattest

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/batch/batchtest"
)

// Probe is a column that another program reads from our file, and how it shows
// each value so that it can be compared exactly.
type Probe struct {
	// Column is the name of a column of batchtest.
	Column string
	// Type is the program's type to read it as.
	Type string
	// Shown is an expression over the column, %s, whose text has the value:
	// integers for times, digits for numbers.
	Shown string
	// Keep tells which values the type can hold; nil is all of them.
	Keep func(v any) bool
}

// Batch returns the probe's values and a null, as a batch of two columns: the row
// number n and the column.
func (p Probe) Batch(t testing.TB) arrow.Record {
	t.Helper()
	for _, c := range batchtest.Columns() {
		if c.Field.Name == p.Column {
			return p.keep(c.Distinct(memory.DefaultAllocator))
		}
	}
	t.Fatalf("there is no column %q", p.Column)
	return nil
}

// keep returns the rows of rec that the type can hold, numbered.
func (p Probe) keep(rec arrow.Record) arrow.Record {
	numbers := array.NewInt32Builder(memory.DefaultAllocator)
	var pieces []arrow.Array
	for i := range int(rec.NumRows()) {
		if col := rec.Column(0); p.Keep == nil || col.IsNull(i) || p.Keep(valueOf(col, i)) {
			numbers.Append(int32(len(pieces)))
			pieces = append(pieces, array.NewSlice(col, int64(i), int64(i)+1))
		}
	}
	values, err := array.Concatenate(pieces, memory.DefaultAllocator)
	if err != nil {
		panic(err)
	}
	fields := []arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int32}, rec.Schema().Field(0)}
	return newRecord(fields, []arrow.Array{numbers.NewArray(), values}, int64(len(pieces)))
}

// Check compares what the program shows, a text per row and nil for a null, with
// the batch.
func (p Probe) Check(t *testing.T, rec arrow.Record, shown []*string) {
	t.Helper()
	if len(shown) != int(rec.NumRows()) {
		t.Fatalf("got %d rows, want %d", len(shown), rec.NumRows())
	}
	col := rec.Column(1)
	for i, got := range shown {
		switch {
		case col.IsNull(i) != (got == nil):
			t.Errorf("row %d: got %v, want null %t", i, text(got), col.IsNull(i))
		case got != nil && !same(*got, valueOf(col, i)):
			t.Errorf("row %d: got %s, want %v", i, *got, valueOf(col, i))
		}
	}
}

func text(s *string) string {
	if s == nil {
		return "null"
	}
	return strconv.Quote(*s)
}

// valueOf returns a value as Go has it: int64 for times and dates.
func valueOf(col arrow.Array, i int) any {
	switch a := col.(type) {
	case *array.Int64:
		return a.Value(i)
	case *array.Uint64:
		return a.Value(i)
	case *array.Float64:
		return a.Value(i)
	case *array.Decimal128:
		scale := a.DataType().(*arrow.Decimal128Type).Scale
		unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
		return new(big.Rat).SetFrac(a.Value(i).BigInt(), unit)
	case *array.Date32:
		return int64(a.Value(i))
	case *array.Timestamp:
		return int64(a.Value(i))
	case *array.FixedSizeBinary:
		return fmt.Sprintf("%x", a.Value(i))
	case *array.Binary:
		return fmt.Sprintf("%x", a.Value(i))
	}
	return col.(*array.String).Value(i)
}

// same compares a shown text with a value by value.
func same(shown string, v any) bool {
	switch v := v.(type) {
	case float64:
		got, err := strconv.ParseFloat(shown, 64)
		return err == nil && (got == v || got != got && v != v)
	case *big.Rat:
		got, ok := new(big.Rat).SetString(shown)
		return ok && got.Cmp(v) == 0
	case string:
		return shown == v || shown == fmt.Sprintf("%x", v) || strings.ReplaceAll(shown, "-", "") == v
	}
	return shown == fmt.Sprint(v)
}

// Moments keeps the timestamps, in microseconds, of the years that ClickHouse's
// DateTime64 has: 1900 to 2299.
func Moments(v any) bool {
	us := v.(int64)
	return us > -2208988800_000000 && us < 10413792000_000000
}

// Days is Moments for dates in days.
func Days(v any) bool { return v.(int64) > -25567 && v.(int64) < 120530 }

// Finite keeps dates and timestamps but the infinite ones.
func Finite(v any) bool {
	n := v.(int64)
	return n != int64(batch.TimestampInfinity) && n != int64(batch.TimestampNegativeInfinity) &&
		n != int64(batch.DateInfinity) && n != int64(batch.DateNegativeInfinity)
}

// Shown returns column v of rows that a program printed as JSON.
func Shown(rows []map[string]any) []*string {
	out := make([]*string, len(rows))
	for i, row := range rows {
		if s, ok := row["v"].(string); ok {
			out[i] = &s
		}
	}
	return out
}
