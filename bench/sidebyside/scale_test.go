package sidebyside_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/bench/report"
	"github.com/longshore/longshore/bench/stage"
	"github.com/longshore/longshore/pkg/compress"
)

// stageVariable makes a copy of this test binary do a stage for a while, as a worker of one core.
const stageVariable = "SIDEBYSIDE_STAGE"

// stageTime is how long each of them does it.
const stageTime = 3 * time.Second

// scales compares one worker of one core with two, at the stages that are ours: rows come from memory and go nowhere.
func (b *bench) scales() []report.Job {
	b.t.Helper()
	all := make([]report.Job, len(report.ScaleStages))
	for i, name := range report.ScaleStages {
		all[i] = report.Job{Name: "Two workers: " + name, Contenders: []report.Contender{{Name: report.Longshore}, {Name: report.OneWorker}}}
	}
	for range b.repeat {
		for i, name := range report.ScaleStages {
			for k, workers := range []int{2, 1} {
				m := b.stage(name, workers)
				c := &all[i].Contenders[k]
				c.Runs = append(c.Runs, m)
				b.t.Logf("%-34s %-28s %s", all[i].Name, c.Name, line(m))
			}
		}
	}
	return all
}

// stage has workers do a stage side by side, each on a core of its own.
func (b *bench) stage(name string, workers int) report.Measure {
	b.t.Helper()
	var all []*exec.Cmd
	var out []*strings.Builder
	for i := range workers {
		cmd := exec.Command("taskset", "-c", fmt.Sprint(i), os.Args[0], "-test.run=^TestStage$", "-test.v")
		cmd.Env = append(os.Environ(), stageVariable+"="+name, "GOMAXPROCS=1", "GOGC=25")
		out = append(out, new(strings.Builder))
		cmd.Stdout, cmd.Stderr = out[i], out[i]
		if err := cmd.Start(); err != nil {
			b.t.Fatal(err)
		}
		all = append(all, cmd)
	}
	m := report.Measure{CPU: map[string]float64{}, Peak: map[string]int64{}}
	var perSecond float64
	for i, cmd := range all {
		if err := cmd.Wait(); err != nil {
			b.t.Fatalf("%s: %v\n%s", cmd, err, out[i])
		}
		var rows int64
		var seconds float64
		_, text, _ := strings.Cut(out[i].String(), "stage: ")
		if _, err := fmt.Sscanf(text, "%d rows in %f", &rows, &seconds); err != nil {
			b.t.Fatalf("%v in %s", err, out[i])
		}
		m.Rows += rows
		perSecond += float64(rows) / seconds
		m.CPU["worker"] += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	}
	m.Seconds = float64(m.Rows) / perSecond
	return m
}

// TestStage is what stage starts.
func TestStage(t *testing.T) {
	verb, format, ok := strings.Cut(os.Getenv(stageVariable), " ")
	if !ok {
		// It is for TestSideBySide, which covers it.
		return
	}
	batches := stage.Shop()
	file, err := stage.Export(format, compress.None, batches, nil)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := stage.Columns(format, file)
	if err != nil {
		t.Fatal(err)
	}
	var rows int64
	segment := make([]byte, 0, 2*len(file))
	start := time.Now()
	for time.Since(start) < stageTime {
		if verb == "write" {
			_, err = stage.Export(format, compress.None, batches, segment)
		} else {
			err = stage.Ingest(format, file, columns)
		}
		if err != nil {
			t.Fatal(err)
		}
		rows += stage.Rows
	}
	t.Logf("stage: %d rows in %f", rows, time.Since(start).Seconds())
}
