//go:build prove

package daemon_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// cage is the limit that the operating system holds a process to.
type cage struct {
	kind string // what enforces it
	dir  string // of the process's own control group; empty for kind rlimit
}

// encage limits the memory of a process that has just started: by a control
// group of its own where the system lets us make one, else by its data segment.
func encage(t *testing.T, p *process, limit int64) *cage {
	t.Helper()
	var refused []error
	for _, try := range []func(*process, int64) (*cage, error){groupV1, groupV2, dataLimit} {
		c, err := try(p, limit)
		if err == nil {
			t.Cleanup(func() {
				p.kill()
				c.open(t)
			})
			return c
		}
		refused = append(refused, err)
	}
	t.Fatalf("nothing here limits the memory of a process: %v", errors.Join(refused...))
	return nil
}

// groupV1 counts the anonymous memory and the page cache that a process takes from
// now on: it has just begun.
func groupV1(p *process, limit int64) (*cage, error) {
	return group(p, "control group, version 1", "/sys/fs/cgroup/memory", []setting{
		{"memory.limit_in_bytes", limit, true},
		{"memory.memsw.limit_in_bytes", limit, false}, // where there is swap
	})
}

func groupV2(p *process, limit int64) (*cage, error) {
	return group(p, "control group, version 2", "/sys/fs/cgroup", []setting{
		{"memory.max", limit, true},
		{"memory.swap.max", 0, false},
	})
}

type setting struct {
	file  string
	value int64
	must  bool
}

func group(p *process, kind, root string, settings []setting) (*cage, error) {
	c := &cage{kind, filepath.Join(root, fmt.Sprintf("longshore-prove-%d", p.Process.Pid))}
	if err := os.Mkdir(c.dir, 0o755); err != nil {
		return nil, err
	}
	settings = append(settings, setting{"cgroup.procs", int64(p.Process.Pid), true})
	for _, s := range settings {
		// The files are there already: one that isn't must not be made.
		f, err := os.OpenFile(filepath.Join(c.dir, s.file), os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString(strconv.FormatInt(s.value, 10))
			err = errors.Join(err, f.Close())
		}
		if err != nil && s.must {
			return nil, errors.Join(err, os.Remove(c.dir))
		}
	}
	return c, nil
}

// dataLimit bounds what a process maps for itself, whether it touches it or not.
func dataLimit(p *process, limit int64) (*cage, error) {
	out, err := exec.Command("prlimit", "--pid", fmt.Sprint(p.Process.Pid), fmt.Sprintf("--data=%d", limit)).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("prlimit: %w: %s", err, out)
	}
	return &cage{kind: "RLIMIT_DATA"}, nil
}

// open takes the group away, whose process has ended.
func (c *cage) open(t *testing.T) {
	t.Helper()
	if c.dir == "" {
		return
	}
	waitFor(t, c.dir+" is removed", func() bool { return os.Remove(c.dir) == nil })
}

// kills returns how many processes the system killed for want of memory; -1
// where it doesn't say.
func (c *cage) kills() int64 {
	for _, name := range []string{"memory.oom_control", "memory.events"} {
		for line := range strings.Lines(c.read(name)) {
			if count, ok := strings.CutPrefix(line, "oom_kill "); ok {
				n, _ := strconv.ParseInt(strings.TrimSpace(count), 10, 64)
				return n
			}
		}
	}
	return -1
}

// most returns the most bytes that the group held, page cache included; 0 where
// the system doesn't say.
func (c *cage) most() int64 {
	for _, name := range []string{"memory.max_usage_in_bytes", "memory.peak"} {
		if n, err := strconv.ParseInt(strings.TrimSpace(c.read(name)), 10, 64); err == nil {
			return n
		}
	}
	return 0
}

// read returns a file of the group, nothing where it has none.
func (c *cage) read(name string) string {
	if c.dir == "" {
		return ""
	}
	body, _ := os.ReadFile(filepath.Join(c.dir, name))
	return string(body)
}
