package servertest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

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
