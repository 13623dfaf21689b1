// Package servertest starts real servers for the tests of the doors: Redis, MinIO, PostgreSQL, MariaDB and two
// generations of ClickHouse; and it asks DuckDB what files hold.
//
//	func TestMain(m *testing.M) { servertest.Main(m) }
//
//	func TestList(t *testing.T) {
//		store := servertest.MinIO(t)     // one server per test binary …
//		bucket := store.NewBucket(t)     // … and a fresh bucket for this test
//	}
//
//	func TestOutage(t *testing.T) {
//		addr, redis := servertest.StartRedis(t)  // a server of this test's own
//		redis.Kill(t)                            // SIGKILL
//		redis.Restart(t)                         // same data, same port
//	}
//
// What must stay true:
//
//   - A server listens on 127.0.0.1 only, on a port that no other test holds, and keeps its data in a folder of its own.
//   - It is ready when the call returns, and gone (process and folder) when the test or the test binary is. On Linux
//     it also dies with the test process, however that ends.
//   - With -short a test that needs a server is skipped. Otherwise a server that is not installed fails the test:
//     a suite that quietly skips proves nothing.
package servertest
