package sidebyside_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/longshore/longshore/bench/report"
)

// ticks is how many units of /proc's times a second has, on every Linux that there is.
const ticks = 100

// watched are processes whose use is counted, by what they are called in the report.
type watched map[string][]int

// snapshot is what processes used until a moment: CPU seconds by name.
type snapshot map[string]float64

// begin starts to count.
func (w watched) begin(t *testing.T) snapshot {
	t.Helper()
	for _, pids := range w {
		for _, pid := range pids {
			// Peaks begin anew. Without the right to say so they are those since the process began.
			_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
		}
	}
	return w.cpu(t)
}

// end adds to a measure what was used since begin.
func (w watched) end(t *testing.T, since snapshot, m *report.Measure) {
	t.Helper()
	if m.CPU == nil {
		m.CPU, m.Peak = map[string]float64{}, map[string]int64{}
	}
	for name, now := range w.cpu(t) {
		m.CPU[name] += now - since[name]
	}
	for name, pids := range w {
		for _, pid := range pids {
			m.Peak[name] = max(m.Peak[name], peak(pid))
		}
	}
}

func (w watched) cpu(t *testing.T) snapshot {
	t.Helper()
	all := processes(t)
	used := snapshot{}
	for name, pids := range w {
		for _, pid := range pids {
			used[name] += all.tree(pid)
		}
	}
	return used
}

type process struct {
	parent int
	cpu    float64 // seconds, its own and those of its children that have ended and been waited for
}

type table map[int]process

// processes reads what runs on this machine.
func processes(t *testing.T) table {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	all := table{}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(body), ") ") // the name may have spaces
		fields := strings.Fields(rest)
		p := process{parent: number(t, fields[1])}
		for _, time := range fields[11:15] { // utime, stime, cutime, cstime
			p.cpu += float64(number(t, time)) / ticks
		}
		all[pid] = p
	}
	return all
}

// tree sums up a process and those below it.
func (all table) tree(pid int) float64 {
	sum := all[pid].cpu
	for child, p := range all {
		if p.parent == pid {
			sum += all.tree(child)
		}
	}
	return sum
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// peak is the most memory that a process held since it began to be counted, in bytes.
func peak(pid int) int64 { return status(pid, "VmHWM:") << 10 }

func status(pid int, field string) int64 {
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(body), field)
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(fields[0], 10, 64) // 0 where it is no number
	return n
}
