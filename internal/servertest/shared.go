package servertest

import (
	"os"
	"slices"
	"sync"
	"testing"
)

// Main runs the tests of a package and then stops the servers that they shared. It is the body of TestMain and does
// not return.
func Main(m *testing.M) {
	underMain = true
	code := m.Run()
	for _, stop := range slices.Backward(atEnd) {
		stop()
	}
	os.Exit(code)
}

var (
	underMain bool
	endMu     sync.Mutex
	atEnd     []func() // guarded by endMu; run by Main
)

// AtEnd has Main call do after the last test, for what tests share.
func AtEnd(do func()) {
	endMu.Lock()
	defer endMu.Unlock()
	atEnd = append(atEnd, do)
}

// shared is one server for all tests of the binary, started by the first that asks.
type shared[T any] struct {
	start func() (T, *Server, error)
	once  sync.Once
	value T
	err   error // kept: a server that did not start once is not tried again by each test
}

// get returns the server's coordinates or fails the test.
func (s *shared[T]) get(t testing.TB, name string) T {
	t.Helper()
	require(t, name)
	if !underMain {
		t.Fatal("a shared server needs `func TestMain(m *testing.M) { servertest.Main(m) }` in this package, to be stopped")
	}
	s.once.Do(func() {
		var server *Server
		s.value, server, s.err = s.start()
		if s.err == nil {
			AtEnd(server.close)
		}
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.value
}

// own starts a server for one test, which stops it at its end.
func own[T any](t testing.TB, name string, start func() (T, *Server, error)) (T, *Server) {
	t.Helper()
	require(t, name)
	value, server, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.close)
	return value, server
}

// require skips a test that needs a server when only quick tests were asked for.
func require(t testing.TB, name string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("-short: this test needs a real %s server", name)
	}
}
