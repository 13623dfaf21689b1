package mysql

import (
	"database/sql/driver"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// repeatedRows is a result of one column whose rows have two values by turns, as
// the client library gives them, without the allocations that are its own.
type repeatedRows struct {
	driver.Rows
	values [2]driver.Value
	next   int
}

func (r *repeatedRows) Next(dest []driver.Value) error {
	dest[0] = r.values[r.next%2]
	r.next++
	return nil
}

// TestDecodingDoesNotAllocate counts the allocations of a batch of each type: one
// of 8,192 rows takes no more than one of an eighth, but for buffers that grow.
func TestDecodingDoesNotAllocate(t *testing.T) {
	const rows, growing = 8192, 16
	text := func(s string) driver.Value { return []byte(s) }
	for _, c := range []struct {
		name  string
		shape shape
		a, b  driver.Value
	}{
		{"TINYINT", shapes["TINYINT"], int64(-128), int64(1)},
		{"BIGINT", shapes["BIGINT"], int64(-1 << 62), nil},
		{"UNSIGNED BIGINT", shapes["UNSIGNED BIGINT"], text("18446744073709551615"), text("1")},
		{"YEAR", shapes["YEAR"], int64(2024), int64(1970)},
		{"BIT", shapes["BIT"], text("\x01\x02"), text("\x00")},
		{"FLOAT", shapes["FLOAT"], float32(1.5), nil},
		{"DOUBLE", shapes["DOUBLE"], 1.5, 1e300},
		{"DECIMAL(12, 2)", decimalShape(12, 2), text("-1234567890.12"), text("0.00")},
		{"DECIMAL(38, 10)", decimalShape(38, 10), text("1234567890123456789012345678.0123456789"), text("-99999999999.0000000001")},
		{"DECIMAL(65, 30)", decimalShape(65, 30), text("-12345678901234567890123456789012345.012345678901234567890123456789"), nil},
		{"DATE", shapes["DATE"], text("2024-02-29"), text("0000-00-00")},
		{"DATETIME", shapes["DATETIME"], text("2024-02-29 12:00:00"), text("1000-01-01 00:00:00")},
		{"TIMESTAMP(6)", shapes["TIMESTAMP"], text("2024-02-29 12:00:00.000001"), nil},
		{"TIME", shapes["TIME"], text("-838:59:59"), text("00:00:00.5")},
		{"VARCHAR", shapes["VARCHAR"], text("žluť and more than a short text has"), text("")},
		{"ENUM", shapes["ENUM"], text("new"), nil},
		{"JSON", shapes["JSON"], text(`{"a": [1, 2]}`), text("null")},
		{"VARBINARY", shapes["VARBINARY"], text("\xff\x00"), text("")},
	} {
		t.Run(c.name, func(t *testing.T) {
			few, many := decodeAllocs(t, c.shape, rows/8, c.a, c.b), decodeAllocs(t, c.shape, rows, c.a, c.b)
			if many > few+growing {
				t.Errorf("got %v allocations in %d rows, and %v in %d: want no more", many, rows, few, rows/8)
			}
		})
	}
}

func decodeAllocs(t *testing.T, s shape, rows int, values ...driver.Value) float64 {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{s.field("c")}, nil)
	builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer builder.Release()
	r := &reader{
		session: &session{db: &database{batchRows: rows}}, model: &model{names: []string{"c"}}, builder: builder,
		rows: &repeatedRows{values: [2]driver.Value(values)}, columns: []appender{s.decode(builder.Field(0))}, row: make([]driver.Value, 1),
	}
	return testing.AllocsPerRun(4, func() {
		n, err := r.fill()
		rec := builder.NewRecord()
		if n != rows || err != nil || rec.NumRows() != int64(rows) {
			t.Fatalf("got %d rows and %v, want %d", n, err, rows)
		}
		rec.Release()
	})
}
