package report

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// What stands between these lines in README.md is written by Write.
const (
	begins = "<!-- measured: begin -->\n"
	ends   = "<!-- measured: end -->\n"
)

// Write draws the results below a folder into its README.md and results/wall.svg.
func Write(dir string) error {
	all, err := Load(filepath.Join(dir, "results"))
	if err != nil {
		return err
	}
	readme := filepath.Join(dir, "README.md")
	page, err := os.ReadFile(readme)
	if errors.Is(err, os.ErrNotExist) {
		page, err = []byte(begins+ends), nil
	}
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(page, []byte(begins))
	_, after, closed := bytes.Cut(rest, []byte(ends))
	if !ok || !closed {
		return fmt.Errorf("%s has no lines %q and %q to write between", readme, strings.TrimSpace(begins), strings.TrimSpace(ends))
	}
	page = slices.Concat(before, []byte(begins), []byte(Markdown(all)), []byte(ends), after)
	if err := os.WriteFile(readme, page, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "results", "wall.svg"), []byte(Chart(all)), 0o644)
}

// Markdown is the targets with what was measured, and all figures.
func Markdown(all []Results) string {
	var b strings.Builder
	b.WriteString("\n## Targets\n\n| Job | Compared | With | Measured | Target | |\n|---|---|---|---|---|---|\n")
	for _, r := range all {
		for _, v := range Judge(r) {
			mark := "reached"
			if !v.OK {
				mark = "[missed](../docs/performance.md)"
			}
			peer := v.Peer
			if v.unit != "" {
				peer = "—"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", v.Job, v.Of, cell(peer), v.GotText(), v.Want(), mark)
		}
	}
	b.WriteString("\n![Seconds of each contender](results/wall.svg)\n\n## Figures\n\n")
	b.WriteString("Medians of each contender's runs. MB/s are of what the rows take as CSV, whatever the format. CPU seconds are of whole processes\n" +
		"over the time of the job; memory is the peak of a process.\n")
	for _, r := range all {
		fmt.Fprintf(&b, "\n### %s\n\n%s, %s: %d rows, %.0f MB as CSV, on %d cores (%s), load %.1f before.\n\n", r.Group, r.When, r.Version, r.Rows, float64(r.CSV)/1e6,
			r.Machine.Cores, r.Machine.CPU, r.Machine.Load)
		b.WriteString("| Job | By | Runs | Seconds | Ratio | Rows/s | MB/s | Size, MB | CPU seconds | Memory, MiB |\n|---|---|--:|--:|--:|--:|--:|--:|---|---|\n")
		for _, j := range r.Jobs {
			for i, c := range j.Contenders {
				fmt.Fprintf(&b, "| %s | %s |\n", j.Name, strings.Join(figures(j.Contenders[0], i, c), " | "))
			}
		}
	}
	return b.String()
}

// figures are the cells of a contender. The ratio is Longshore's time to its.
func figures(ours Contender, i int, c Contender) []string {
	took := c.Median(seconds)
	cells := []string{cell(c.Name), fmt.Sprint(len(c.Runs)), digits(took), "", "", "", "", CPU(c), ""}
	if i > 0 && ours.Name == Longshore {
		cells[3] = fmt.Sprintf("%.2f", ours.Median(seconds)/took)
	}
	if rows := c.Median(func(m Measure) float64 { return float64(m.Rows) }); rows > 0 {
		cells[4] = fmt.Sprintf("%.2f M", rows/took/1e6)
	}
	if csv := c.Median(func(m Measure) float64 { return float64(m.CSV) }); csv > 0 {
		cells[5] = fmt.Sprintf("%.0f", csv/took/1e6)
	}
	if size := c.Median(size); size > 0 {
		cells[6] = fmt.Sprintf("%.1f", size/1e6)
	}
	cells[8] = memory(c)
	for _, name := range shown {
		if v := c.Median(further(name)); v > 0 {
			cells[2] += fmt.Sprintf(" (%s %s)", name, digits(v))
		}
	}
	return cells
}

// memory is what the worker took at most, and ClickHouse where it was part of the job.
func memory(c Contender) string {
	var all []string
	if peak := c.Median(workerPeak); peak > 0 && c.Name == Longshore {
		all = append(all, fmt.Sprintf("worker %.0f", peak))
	}
	busy := c.Median(func(m Measure) float64 { return m.CPU["ClickHouse"] })
	if peak := c.Median(func(m Measure) float64 { return float64(m.Peak["ClickHouse"]) / (1 << 20) }); peak > 0 && busy >= 1 {
		all = append(all, fmt.Sprintf("ClickHouse %.0f", peak))
	}
	return strings.Join(all, ", ")
}

// shown are the further figures that are shown.
var shown = []string{"median", "p99"}

// CPU is the medians of the CPU seconds of each kind of process that used some.
func CPU(c Contender) string {
	names := map[string]bool{}
	for _, m := range c.Runs {
		for name := range m.CPU {
			names[name] = true
		}
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if v := c.Median(func(m Measure) float64 { return m.CPU[name] }); v >= 0.05 {
			all = append(all, fmt.Sprintf("%s %.1f", name, v))
		}
	}
	return strings.Join(all, ", ")
}

func digits(seconds float64) string {
	if seconds < 1 {
		return fmt.Sprintf("%.3f", seconds)
	}
	return fmt.Sprintf("%.2f", seconds)
}

// cell keeps a text from ending its cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
