package report_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/longshore/longshore/bench/report"
)

// measured is a run of two jobs: one reaches its target, one misses it.
func measured() report.Results {
	runs := func(seconds ...float64) (all []report.Measure) {
		for _, s := range seconds {
			all = append(all, report.Measure{Seconds: s, CPU: map[string]float64{"worker": s / 2}, Peak: map[string]int64{"worker": 100 << 20}, Rows: 1e6, CSV: 2e8, Size: 1e8})
		}
		return all
	}
	return report.Results{Group: "export", When: "2026-01-02T03:04:05Z", Version: "v1", Machine: report.Machine{CPU: "a < b", Cores: 2}, Rows: 1e6, CSV: 2e8, Jobs: []report.Job{
		{Name: "PostgreSQL → CSV", Contenders: []report.Contender{{Name: report.Longshore, Runs: runs(9, 1, 2)}, {Name: report.PSQL, Runs: runs(4, 4, 4)}}},
		{Name: "PostgreSQL → NDJSON", Contenders: []report.Contender{{Name: report.Longshore, Runs: runs(3)}, {Name: report.ClickHouse, Runs: runs(4)}}},
	}}
}

func TestJudge(t *testing.T) {
	got := map[string]report.Verdict{}
	for _, v := range report.Judge(measured()) {
		got[v.Job+" "+v.Of] = v
	}
	for _, want := range []struct {
		target string
		got    float64
		ok     bool
	}{
		{"PostgreSQL → CSV time", 0.5, true},      // 2 of 9, 1, 2 to 4
		{"PostgreSQL → NDJSON time", 0.75, false}, // to be 0.60
		{"PostgreSQL → CSV worker's memory", 100, true},
		{"PostgreSQL → NDJSON worker's memory", 100, true},
	} {
		v, ok := got[want.target]
		if !ok || v.Got != want.got || v.OK != want.ok {
			t.Errorf("%s: got %v (there: %t, reached: %t), want %v, %t", want.target, v.Got, ok, v.OK, want.got, want.ok)
		}
	}
	if len(got) != 4 {
		t.Errorf("got %d verdicts, want 4: what wasn't measured is not judged", len(got))
	}
}

func TestEveryTargetNamesAGroup(t *testing.T) {
	groups := strings.Join(report.Groups, " ")
	for _, target := range report.Targets {
		if !strings.Contains(groups, target.Group) {
			t.Errorf("%s: group %q is none of %s", target.Job, target.Group, groups)
		}
		if (target.Most > 0) == (target.AtLeast > 0) {
			t.Errorf("%s: got bounds %v and %v, want one", target.Job, target.Most, target.AtLeast)
		}
	}
}

func TestWriteKeepsWhatPeopleWrote(t *testing.T) {
	dir := t.TempDir()
	readme := filepath.Join(dir, "README.md")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(readme, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := report.Save(filepath.Join(dir, "results"), measured()); err != nil {
		t.Fatal(err)
	}
	write("before\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nafter\n")
	if err := report.Write(dir); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before\n", "\nafter\n", "| PostgreSQL → CSV | time | psql \\| upload | 0.50 | ≤ 1.00 | reached |", "| PostgreSQL → NDJSON | time | ClickHouse 26 | 0.75 | ≤ 0.60 | [missed](../docs/performance.md) |"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(string(page), "old") {
		t.Errorf("the page has the former results:\n%s", page)
	}
	write("no marks\n")
	if err := report.Write(dir); err == nil || !strings.Contains(err.Error(), "measured: begin") {
		t.Errorf("got %v, want an error that says what the page lacks", err)
	}
}

func TestChartIsXML(t *testing.T) {
	chart := report.Chart([]report.Results{measured()})
	d := xml.NewDecoder(strings.NewReader(chart))
	bars := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			bars++
		}
	}
	if bars != 5 { // and the background
		t.Errorf("got %d rectangles, want 5", bars)
	}
}
