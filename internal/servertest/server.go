package servertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// startTimeout bounds one start of a server until it answers. Generous: many servers may start at once on two cores.
	startTimeout = 90 * time.Second
	// stopTimeout bounds a polite stop; after it comes SIGKILL.
	stopTimeout = 10 * time.Second
	// pollEvery is the pause between two looks at a server that is starting.
	pollEvery = 20 * time.Millisecond
)

// Server is the process of a real server, on a port and data folder that stay the same from start to start.
// Its methods are for the one test that owns it.
type Server struct {
	name    string
	dir     string                      // removed by close
	command func() *exec.Cmd            // a fresh command for each start
	ready   func(context.Context) error // nil once the server answers
	// stopSignal ends the server when the test is done with it. Zero means SIGKILL: its data is thrown away anyhow.
	stopSignal syscall.Signal

	mu     sync.Mutex
	cmd    *exec.Cmd     // guarded by mu; nil while the server is down
	exited chan struct{} // guarded by mu; closed when cmd has been waited for
}

// Kill ends the server at once with SIGKILL, as a power cut would, and returns when it is gone.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if !s.signal(syscall.SIGKILL) {
		t.Fatalf("kill %s: it is not running", s.name)
	}
	s.wait()
}

// Restart starts the server again on the same data and port and returns when it answers. A running server is killed first.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.signal(syscall.SIGKILL)
	s.wait()
	// What a killed server leaves behind (children, locks) can refuse the first starts.
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	err := s.start(ctx)
	for errors.Is(err, errExited) && ctx.Err() == nil {
		pause(ctx)
		err = s.start(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// PID returns the id of the server's process, 0 while it is down. Servers that have children keep this one as their first.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// Pause stops the server without ending it: connections stay open and nothing answers, as with a hanging disk.
func (s *Server) Pause(t testing.TB) {
	t.Helper()
	if !s.signal(syscall.SIGSTOP) {
		t.Fatalf("pause %s: it is not running", s.name)
	}
}

// Resume lets a paused server go on.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	if !s.signal(syscall.SIGCONT) {
		t.Fatalf("resume %s: it is not running", s.name)
	}
}

// errExited means that the process ended before it was ready.
var errExited = errors.New("ended before it was ready")

// start runs the process and waits until it answers.
func (s *Server) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	exited, err := s.run()
	if err != nil {
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	for {
		answer := s.ready(ctx)
		select {
		case <-exited:
			return fmt.Errorf("start %s: %w:\n%s", s.name, errExited, s.logTail())
		default:
		}
		if answer == nil {
			return nil
		}
		if ctx.Err() != nil {
			s.close()
			return fmt.Errorf("start %s: not ready after %v: %w\n%s", s.name, startTimeout, answer, s.logTail())
		}
		pause(ctx)
	}
}

// run starts the process; the returned channel is closed when it has ended.
func (s *Server) run() (<-chan struct{}, error) {
	log, err := os.OpenFile(s.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own descriptor
	cmd := s.command()
	cmd.Stdout, cmd.Stderr = log, log
	if err := spawn(cmd); err != nil {
		return nil, err
	}
	exited := make(chan struct{})
	s.mu.Lock()
	s.cmd, s.exited = cmd, exited
	s.mu.Unlock()
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		s.mu.Lock()
		s.cmd = nil
		s.mu.Unlock()
		close(exited)
	}()
	return exited, nil
}

// signal reports whether the process was there to receive the signal.
func (s *Server) signal(signal syscall.Signal) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd != nil && s.cmd.Process.Signal(signal) == nil
}

// wait returns when the process, if there was one, has ended.
func (s *Server) wait() {
	s.mu.Lock()
	exited := s.exited
	s.mu.Unlock()
	if exited != nil {
		<-exited
	}
}

// close ends the process for good and removes its folder.
func (s *Server) close() {
	if s.stopSignal != 0 && s.signal(s.stopSignal) {
		s.signal(syscall.SIGCONT) // a paused process does not hear
		select {
		case <-s.exited:
		case <-time.After(stopTimeout):
		}
	}
	s.signal(syscall.SIGKILL)
	s.wait()
	removeFolder(s.dir)
}

func (s *Server) logPath() string { return filepath.Join(s.dir, "log") }

// logTail is the end of what the server printed, for error messages.
func (s *Server) logTail() string {
	text, err := os.ReadFile(s.logPath())
	if err != nil {
		return "(no log: " + err.Error() + ")"
	}
	const most = 4 << 10
	return string(text[max(0, len(text)-most):])
}

// pause waits a moment, or until ctx ends.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(pollEvery):
	}
}
