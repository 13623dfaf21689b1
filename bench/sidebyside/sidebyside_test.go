package sidebyside_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/bench/report"
)

// bench is a cluster with the table filled.
type bench struct {
	*cluster
	rows    int64
	csv     int64  // bytes of the table as CSV
	csvFile string // the table as psql writes it
	repeat  int
	only    string // jobs that have it in their names
}

// TestSideBySide compares few rows once, unless `make bench` asks for more: then it writes what it measured into the folder BENCH_OUT.
func TestSideBySide(t *testing.T) {
	b := &bench{rows: setting(t, "BENCH_ROWS", 20_000), repeat: int(setting(t, "BENCH_REPEAT", 1)), only: os.Getenv("BENCH_JOBS")}
	out, asked := os.Getenv("BENCH_OUT"), os.Getenv("BENCH_GROUPS")
	if out == "" || b.only != "" { // results are of whole groups
		out = t.TempDir()
	}
	machine := thisMachine(t)
	t.Setenv("TZ", "UTC") // ClickHouse and PostgreSQL are to mean the same by a time
	b.cluster = newCluster(t)
	b.fill()
	for _, g := range []struct {
		name string
		run  func() []report.Job
	}{{"export", b.exports}, {"ingest", b.ingests}, {"ingest18", b.ingests18}, {"scale", b.scales}, {"overhead", b.overheads}, {"diff", b.diffs}} {
		if asked != "" && !slices.Contains(strings.Split(asked, ","), g.name) {
			continue
		}
		r := report.Results{Group: g.name, When: time.Now().UTC().Format(time.RFC3339), Version: version(t), Machine: machine, Rows: b.rows, CSV: b.csv}
		r.Jobs = g.run()
		if err := report.Save(filepath.Join(out, "results"), r); err != nil {
			t.Fatal(err)
		}
		for _, v := range report.Judge(r) {
			verdict := "reached"
			if !v.OK {
				verdict = "MISSED"
			}
			t.Logf("%-34s %-18s %8s of %s, target %s: %s", v.Job, v.Of, v.GotText(), v.Peer, v.Want(), verdict)
		}
	}
	if err := report.Write(out); err != nil {
		t.Fatal(err)
	}
}

// setting is a number of the environment.
func setting(t *testing.T, name string, otherwise int64) int64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, want a number from 1 on", name, text)
	}
	return n
}

// fill makes the table.
func (b *bench) fill() {
	b.t.Helper()
	start := time.Now()
	b.ask("create unlogged table orders (" + tableColumns + ")")
	halves := make(chan error, 2)
	for _, ids := range [][2]int64{{1, b.rows / 2}, {b.rows/2 + 1, b.rows}} {
		go func() {
			out, err := exec.Command("psql", b.pg, "-qX", "-v", "ON_ERROR_STOP=1", "-c", fmt.Sprintf(fill, "orders", ids[0], ids[1])).CombinedOutput()
			if err != nil {
				err = fmt.Errorf("fill: %w\n%s", err, out)
			}
			halves <- err
		}()
	}
	for range 2 {
		if err := <-halves; err != nil {
			b.t.Fatal(err)
		}
	}
	b.ask("vacuum (analyze) orders")
	b.csvFile = filepath.Join(b.t.TempDir(), "orders.csv")
	b.shell(`psql -qX "$PGURL" -c "copy orders to stdout (format csv, header)" > ` + b.csvFile)
	info, err := os.Stat(b.csvFile)
	if err != nil {
		b.t.Fatal(err)
	}
	b.csv = info.Size()
	b.t.Logf("%d rows, %.0f MB as CSV, made in %.0f s", b.rows, float64(b.csv)/1e6, time.Since(start).Seconds())
}

func version(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("git", "describe", "--tags", "--always", "--dirty").Output()
	if err != nil {
		return "" // an archive without history
	}
	return strings.TrimSpace(string(out))
}

func thisMachine(t *testing.T) report.Machine {
	t.Helper()
	m := report.Machine{Cores: runtime.NumCPU()}
	info, _ := os.ReadFile("/proc/cpuinfo") // what isn't known stays empty
	if _, rest, ok := strings.Cut(string(info), "model name"); ok {
		line, _, _ := strings.Cut(rest, "\n")
		m.CPU = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), ":"))
	}
	memory, _ := os.ReadFile("/proc/meminfo")
	_, _ = fmt.Sscanf(string(memory), "MemTotal: %d", &m.Memory)
	m.Memory <<= 10
	load, _ := os.ReadFile("/proc/loadavg")
	_, _ = fmt.Sscanf(string(load), "%f", &m.Load)
	return m
}
