// Package clickhouse reads ClickHouse over its native protocol into Arrow
// columns.
//
//	DESCRIBE (<the model>)            → the schema
//	SELECT … FROM (<the model>) …     → blocks of columns → arrow.Record
//
// A block is columns already, so most are read from the connection into the
// Arrow buffer as they are. The decoders are ours because nothing then stands
// between the two.
//
// What must stay true:
//
//   - Queries run with readonly=2 wherever the user's profile lets us set it.
//   - No other setting is made: limits that an administrator chose hold.
//   - A query whose reader is closed, or whose context ended, is canceled.
//     (TestConformance/cancel)
//   - A number in the stream gets no memory before the bytes that it announces
//     are there. (FuzzDecodeBlock)
//   - The password is in no error. (TestConformance/failures)
package clickhouse
