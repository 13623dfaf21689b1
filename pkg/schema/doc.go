// Package schema is the types of a table's columns, where their values stand
// in a file, and what a file's own columns look like.
//
// A Type is ClickHouse's, in ClickHouse's spelling: ParseType and Type.String
// are inverses up to spaces and aliases. A Path is where a column's value stands
// in a row of a file. An Inference is what was learnt of a file's fields from
// some of its rows; its rules are pure functions over the fields' text.
//
// Nothing here knows a clock, or does I/O but for the time zone database.
package schema
