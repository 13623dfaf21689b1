// Package postgres reads PostgreSQL (and what speaks its protocol and its
// binary COPY) into Arrow columns.
//
//	COPY (SELECT q."id", q."span"::text FROM (<the model>) q) TO STDOUT (FORMAT binary)
//
//	socket → wire: whole rows in one buffer, and where each field lies
//	       → column × n: one loop per column and chunk, into reused buffers
//	       → arrow.Record
//
// What must stay true:
//
//   - Every statement runs in a READ ONLY transaction, and a model is prepared
//     by itself before it is put into another statement: what can't be prepared
//     alone (several statements, an open quote) never reaches COPY.
//   - Settings are made with SET LOCAL, so a pooler that shares the server's
//     connections with other programs passes nothing of ours on to them.
//     (TestPoolerThatRefusesSettings)
//   - Memory is one read buffer, as large as the largest row, and the batches
//     that the consumer holds. No row allocates. (TestDecodingDoesNotAllocate)
//   - The password is in no error. (TestConformance/failures)
package postgres
