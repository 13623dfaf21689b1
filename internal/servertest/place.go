package servertest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
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
	folder := filepath.Join(os.TempDir(), "longshore-ports")
	if err := os.MkdirAll(folder, 0o777); err != nil {
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
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), how); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

const folderPrefix = "longshore-servertest-"

// newFolder makes a folder that every user may enter (PostgreSQL runs as its own user) and that names this process,
// so that a later test removes it when this one is killed.
func newFolder(name string) (string, error) {
	sweep()
	dir, err := os.MkdirTemp("", folderOwner(os.Getpid())+name+"-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// folderOwner is what the folders of a process are called, up to the server's name.
func folderOwner(pid int) string { return fmt.Sprintf("%s%d-", folderPrefix, pid) }

var sweep = sync.OnceFunc(removeAbandoned)

// removeAbandoned removes the folders of test processes that ended without doing so.
func removeAbandoned() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	for _, folder := range folders {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(folder), folderPrefix), "-")
		number, err := strconv.Atoi(pid)
		if err == nil && errors.Is(syscall.Kill(number, 0), syscall.ESRCH) {
			os.RemoveAll(folder)
		}
	}
}

// removeFolder removes a server's folder; processes of the server that are just ending may still add to it.
func removeFolder(dir string) {
	for range 50 {
		if os.RemoveAll(dir) == nil {
			return
		}
	}
}

// checkout is the root of this repository.
var checkout = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "internal", "servertest", "doc.go")); missing == nil {
			return dir, nil
		}
	}
	return "", errors.Join(errors.New("the test does not run inside the repository"), err)
})

// binary finds a program: what `make setup` put into .cache/bin, then the given folders, then PATH.
func binary(name string, folders ...string) (string, error) {
	if root, err := checkout(); err == nil {
		folders = append([]string{filepath.Join(root, ".cache", "bin")}, folders...)
	}
	for _, folder := range folders {
		if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is not installed: run `make setup`", name)
	}
	return path, nil
}
