package servertest

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// childVariable makes a copy of this test binary start a server, say its process id and wait to be killed.
const childVariable = "SERVERTEST_CHILD"

func TestDiesWithTheTestProcess(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		_, server := StartRedis(t)
		os.Stdout.WriteString("server " + strconv.Itoa(server.cmd.Process.Pid) + "\n")
		select {}
	}
	require(t, "Redis")
	child := exec.Command(os.Args[0], "-test.run=^TestDiesWithTheTestProcess$", "-test.count=1")
	child.Env = append(os.Environ(), childVariable+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	server := readPID(t, bufio.NewScanner(out))
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed

	ctx, cancel := context.WithTimeout(t.Context(), stopTimeout)
	defer cancel()
	for running(server) {
		if ctx.Err() != nil {
			t.Fatalf("server %d outlived the test process", server)
		}
		pause(ctx)
	}
}

func readPID(t *testing.T, lines *bufio.Scanner) int {
	t.Helper()
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "server "); ok {
			pid, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
	}
	t.Fatalf("the child ended without starting a server: %v", lines.Err())
	return 0
}

// running reports whether a process exists and is more than an unreaped remainder.
func running(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}
