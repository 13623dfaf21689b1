package sidebyside_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/bench/report"
)

// contender is one way to do a job.
type contender struct {
	name string
	do   func(round int) report.Measure // measured
	// check reads the outcome and returns the count and sum of its rows. nil where nothing comes out.
	check func(round int) string
}

// job is what contenders do in turn.
type job struct {
	name       string
	want       string // what check is to return
	contenders []contender
}

// compete has each contender of each job run, in rounds, and checks what comes out.
func (b *bench) compete(jobs []job) []report.Job {
	b.t.Helper()
	jobs = slices.DeleteFunc(jobs, func(j job) bool { return !b.wants(j.name) })
	all := make([]report.Job, len(jobs))
	for i, j := range jobs {
		all[i].Name = j.name
		for _, c := range j.contenders {
			all[i].Contenders = append(all[i].Contenders, report.Contender{Name: c.name})
		}
	}
	for round := range b.repeat {
		for i, j := range jobs {
			for k, c := range j.contenders {
				b.rest()
				m := c.do(round)
				if c.check != nil {
					if m.Sum = c.check(round); m.Sum != j.want {
						b.t.Fatalf("%s by %s: the outcome has count and sum %q, want %q", j.name, c.name, m.Sum, j.want)
					}
				}
				all[i].Contenders[k].Runs = append(all[i].Contenders[k].Runs, m)
				b.t.Logf("%-34s %-28s %s", j.name, c.name, line(m))
			}
		}
	}
	return all
}

// wants reports whether a job is to be measured.
func (b *bench) wants(job string) bool { return strings.Contains(job, b.only) }

// rest waits until ClickHouse has merged what came before, which is not to count as the next contender's.
func (b *bench) rest() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for b.query("SELECT count() FROM system.merges") != "0" {
		select {
		case <-look.C:
		case <-ctx.Done():
			b.t.Log("ClickHouse still merges")
			return
		}
	}
}

// line is a measure for people who watch.
func line(m report.Measure) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%7.2f s", m.Seconds)
	if m.Rows > 0 {
		fmt.Fprintf(&text, " %9.0f rows/s", float64(m.Rows)/m.Seconds)
	}
	if m.CSV > 0 {
		fmt.Fprintf(&text, " %4.0f MB/s", float64(m.CSV)/m.Seconds/1e6)
	}
	for _, name := range slices.Sorted(maps.Keys(m.CPU)) {
		if m.CPU[name] >= 0.05 {
			fmt.Fprintf(&text, "  %s %.1f", name, m.CPU[name])
		}
	}
	if peak := m.Peak["worker"]; peak > 0 {
		fmt.Fprintf(&text, "  (worker's peak %d MiB, ClickHouse's %d)", peak>>20, m.Peak["ClickHouse"]>>20)
	}
	return text.String()
}

// sized adds how large an object is.
func (b *bench) sized(key string, m report.Measure) report.Measure {
	b.t.Helper()
	head, err := b.store.Client().HeadObject(b.t.Context(), &s3.HeadObjectInput{Bucket: &b.data, Key: &key})
	if err != nil {
		b.t.Fatalf("%s: %v", key, err)
	}
	m.Size = *head.ContentLength
	m.Rows, m.CSV = b.rows, b.csv
	return m
}

// remove deletes an object, so that disks needn't hold all.
func (b *bench) remove(key string) {
	b.t.Helper()
	if _, err := b.store.Client().DeleteObject(context.WithoutCancel(b.t.Context()), &s3.DeleteObjectInput{Bucket: &b.data, Key: &key}); err != nil {
		b.t.Fatal(err)
	}
}
