// Package sidebyside_test has Longshore and what else could do its jobs do them in turn, on one machine and against the same
// servers: PostgreSQL, MinIO, Redis, and two generations of ClickHouse.
//
//	make bench                              # all of it, 5 million rows, three times
//	make bench ONLY=export,diff             # some groups of jobs
//	make bench ROWS=500000 REPEAT=1         # less
//
// What must stay true:
//
//   - Contenders take turns, so that what else the machine does meets all of them.
//   - Each outcome is read by ClickHouse, and its rows are as many as the source's and sum up to the same.
//   - Longshore runs as its users run it: a producer and one worker, with their default settings.
//   - CPU seconds are those of whole processes, servers included, over the time of the job.
package sidebyside_test
