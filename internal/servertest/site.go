package servertest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// site is where one server runs.
type site struct {
	program string // path of its executable
	port    int
	addr    string // 127.0.0.1:port
	dir     string // the server's own, for data, configuration and log
}

// newSite finds the server's program and gives it a port and a folder.
func newSite(name, program string, folders ...string) (site, error) {
	path, err := binary(program, folders...)
	if err != nil {
		return site{}, err
	}
	port, err := freePort()
	if err != nil {
		return site{}, err
	}
	dir, err := newFolder(name)
	return site{path, port, loopback(port), dir}, err
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
