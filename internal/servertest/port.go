package servertest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// FreePort returns a loopback TCP port that nothing listens on and that no other test is given while this process lives.
func FreePort(t testing.TB) int {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// Ports lie below the range that systems take for outgoing connections, so that none is lost while a server restarts.
const firstPort, portCount = 20000, 12000

// leases holds the lock file of each port given out: a lock file that is garbage collected would be closed.
var leases sync.Map // port → *os.File

func freePort() (int, error) {
	folder := filepath.Join(os.TempDir(), fmt.Sprintf("longshore-ports-%d", os.Getuid()))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	for range 1000 {
		port := firstPort + rand.IntN(portCount)
		lease, err := lockFile(filepath.Join(folder, strconv.Itoa(port)), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			continue
		}
		listener, err := net.Listen("tcp", loopback(port))
		if err != nil {
			lease.Close()
			continue
		}
		listener.Close()
		leases.Store(port, lease)
		return port, nil
	}
	return 0, errors.New("find a free port: a thousand were taken")
}

// loopback is the address of a port on this machine.
func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// lockFile opens a file and locks it until the file is closed or the process ends.
func lockFile(path string, how int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), how); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
