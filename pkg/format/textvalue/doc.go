// Package textvalue is how text becomes values of ClickHouse types.
//
// Both text formats go through it: a CSV field and a JSON scalar are text that a
// Parser appends to a column; what nests is JSON, which a Nested appends. The rules
// are one table, docs/ingest-types.md.
//
// What must stay true: a value is kept as it is written or not at all. Nothing
// wraps, saturates or is cut: a text that says more than the type can hold is a
// Problem, and the caller takes the row back (block.Truncate). Parsers allocate
// nothing where the text is well-formed.
package textvalue
