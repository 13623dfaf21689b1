// Package clickhouse is the door to the ClickHouse that files are ingested into.
//
//	c, err := clickhouse.Open(clickhouse.Config{Name: "warehouse", URL: url})
//	changes, err := c.EnsureTable(ctx, clickhouse.TableOf(datasource, c.Database()), clickhouse.EnsureOptions{})
//	err = c.Append(ctx, clickhouse.Insert{Table: "orders", Block: b, Token: token})
//	err = c.RecordFiles(ctx, files)
//
// What must stay true:
//
//   - A block is one INSERT and, per partition, one part of the table; with the
//     same token it is stored once, however often it is appended
//     (TestTokenIsStoredOnce).
//   - The columns of a block go to the wire as they are, without conversion.
//   - A connection that an error touched is not used again.
//   - An error has a kind (package fault) and is one line that names the
//     connection, what was done, the server's own words and what to do. The
//     URL's password is in none.
//   - All times are UTC.
//
// Servers from 23.8 on are supported.
package clickhouse
