// Package block is columns of rows in the memory layout of ClickHouse's Native
// format, so that sending a block is copying buffers.
//
// A Column is filled by its typed Append methods, one call a row. Column types
// that nest are columns inside columns:
//
//	Nullable(T)        null map, one byte a row, beside the values
//	String             for each row its length as a varuint, then its bytes
//	Array(T)           cumulative ends as UInt64, and the column of elements
//	Map(K, V)          cumulative ends as UInt64, and two columns
//	Tuple(T, U)        two columns
//	LowCardinality(T)  a dictionary column, and its index for each row
//
// What must stay true: every column of a block has the same number of rows, and
// a row that fails half way is taken back with Truncate, at a cost that doesn't
// depend on the rows before it. Buffers are kept by Reset, so a block that is
// filled again and again allocates nothing in its steady state
// (TestSteadyStateAllocatesNothing).
package block
