// Package devstack runs the three servers that Longshore needs, in one process on loopback ports: Redis
// (miniredis), S3 (versitygw over a folder) and ClickHouse (libchdb behind a server front, or a clickhouse binary
// when one is on PATH). It is for development, demos and tests: it is its own module, and nothing of it is linked
// into what ships.
//
// What must stay true:
//   - what S3 and ClickHouse hold survives any death of the process (TestSurvivesKill); Redis starts empty, as
//     Longshore allows it to;
//   - ports stay the same over restarts of the same folder while nobody else takes them (TestRestart);
//   - the environment file appears, whole, only once all servers answer (TestEnvFile);
//   - one Stack per process: the embedded S3 and ClickHouse allow no more.
package devstack
