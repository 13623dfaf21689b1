// Package batchtest makes batches for tests: every Arrow type that sources
// yield, with the values at which things break, and a shop's orders for speed.
//
// What it makes depends on its arguments alone, so expected bytes can be kept in
// files.
package batchtest

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Column is a column and the values to fill it with: no two are equal, none is
// null.
type Column struct {
	Field  arrow.Field
	Values []Value
}

// Value appends itself to the builder of its column.
type Value func(array.Builder)

// Build returns a batch of one column that holds each of its values once, with a
// null behind each.
func (c Column) Build(mem memory.Allocator) arrow.Record {
	return build(mem, []Column{c}, 2*len(c.Values), func(row, _ int) int {
		if row%2 == 1 {
			return null
		}
		return row / 2
	})
}

// Distinct returns a batch of one column that holds each of its values once and
// then a null.
func (c Column) Distinct(mem memory.Allocator) arrow.Record {
	return build(mem, []Column{c}, len(c.Values)+1, func(row, _ int) int {
		if row == len(c.Values) {
			return null
		}
		return row
	})
}

// Schema returns the schema of Edges.
func Schema() *arrow.Schema { return schemaOf(Columns()) }

// Edges returns a batch of the given number of rows with all Columns. Each
// column goes through its values at its own pace, with nulls in between; the
// first row has no null and the second nothing else.
func Edges(mem memory.Allocator, rows int) arrow.Record {
	columns := Columns()
	return build(mem, columns, rows, func(row, col int) int {
		n := len(columns[col].Values)
		switch row {
		case 0:
			return 0
		case 1:
			return null
		}
		if i := (row*(col+1) + col) % (n + 1); i < n {
			return i
		}
		return null
	})
}

// null is the pick that is no value.
const null = -1

func schemaOf(columns []Column) *arrow.Schema {
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = c.Field
	}
	return arrow.NewSchema(fields, nil)
}

// build returns a batch whose values are those that pick chooses for each row
// and column.
func build(mem memory.Allocator, columns []Column, rows int, pick func(row, col int) int) arrow.Record {
	b := array.NewRecordBuilder(mem, schemaOf(columns))
	defer b.Release()
	for col, c := range columns {
		field := b.Field(col)
		for row := range rows {
			if i := pick(row, col); i >= 0 {
				c.Values[i](field)
			} else {
				field.AppendNull()
			}
		}
	}
	return b.NewRecord()
}
