package servertest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestServerThatEndsEarlySaysWhy(t *testing.T) {
	dir, err := newFolder("broken")
	if err != nil {
		t.Fatal(err)
	}
	server := &Server{
		name:    "broken",
		dir:     dir,
		command: func() *exec.Cmd { return exec.Command("sh", "-c", "echo no such option; exit 3") },
		ready:   func(context.Context) error { return errors.New("refused") },
	}
	t.Cleanup(server.close)
	err = server.start(t.Context())
	if !errors.Is(err, errExited) || !strings.Contains(err.Error(), "no such option") {
		t.Fatalf("got %v, want %v with what the server printed", err, errExited)
	}
}

func TestCloseRemovesTheFolder(t *testing.T) {
	require(t, "Redis")
	_, server, err := startRedis()
	if err != nil {
		t.Fatal(err)
	}
	server.close()
	if _, err := os.Stat(server.dir); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("after close stat says %v, want that the folder does not exist", err)
	}
}

func TestMissingProgramNamesTheRemedy(t *testing.T) {
	_, err := binary("a-server-that-nobody-has")
	if err == nil || !strings.Contains(err.Error(), "make setup") {
		t.Fatalf("got %v, want advice to run make setup", err)
	}
}

func TestPortsAreNotGivenTwice(t *testing.T) {
	seen := map[int]bool{}
	for range 100 {
		port := FreePort(t)
		if seen[port] {
			t.Fatalf("port %d was given twice", port)
		}
		seen[port] = true
	}
}

func TestSweepRemovesOnlyFoldersOfEndedProcesses(t *testing.T) {
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	left := filepath.Join(temp, folderOwner(ended.Process.Pid)+"redis-1")
	ours := filepath.Join(temp, folderOwner(os.Getpid())+"redis-1")
	for _, folder := range []string{left, ours} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	removeAbandoned()
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of an ended process is still there")
	}
	if _, err := os.Stat(ours); err != nil {
		t.Errorf("our own folder is gone: %v", err)
	}
}
