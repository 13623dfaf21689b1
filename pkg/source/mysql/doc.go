// Package mysql reads MySQL and MariaDB into Arrow columns.
//
//	PREPARE <the model>, EXECUTE with sql_select_limit = 0     → the schema
//	PREPARE <the model>, EXECUTE                               → rows → arrow.Record
//	SELECT * FROM (<the model>) AS q WHERE q.key >= …          → the rows of a range
//
// Statements are prepared, so that rows come in the binary protocol: the text
// protocol rounds a FLOAT to six digits.
//
// What must stay true:
//
//   - Each session is a READ ONLY transaction with its time zone in UTC.
//   - A row is in one split, whatever order the server compares keys in.
//     (TestConformance/splits)
//   - A value that its Arrow type can't hold ends the read; nothing is rounded or
//     cut. A date of zeros alone is a null. (TestConformance/failures)
//   - A query whose reader is closed, or whose context ended, is killed.
//     (TestConformance/cancel)
//   - The password is in no error. (TestConformance/failures)
package mysql
