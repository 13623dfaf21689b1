// Package report keeps what the side-by-side runs measured, holds it against the targets, and draws it.
package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Results is one group of jobs that were measured in one run. Each group has a file in results/.
type Results struct {
	Group   string  `json:"group"`
	When    string  `json:"when"`    // UTC, RFC 3339
	Version string  `json:"version"` // git describe
	Machine Machine `json:"machine"`
	Rows    int64   `json:"rows"`      // of the table
	CSV     int64   `json:"csv_bytes"` // what the table takes as CSV
	Jobs    []Job   `json:"jobs"`
}

// Machine is where it was measured.
type Machine struct {
	CPU    string  `json:"cpu"`
	Cores  int     `json:"cores"`
	Memory int64   `json:"memory_bytes"`
	Load   float64 `json:"load"` // average of a minute, before the run began
}

// Job is what several contenders did.
type Job struct {
	Name       string      `json:"name"`
	Contenders []Contender `json:"contenders"`
}

// Contender is one way to do a job. The first one of a job is Longshore.
type Contender struct {
	Name string    `json:"name"`
	Runs []Measure `json:"runs"`
}

// Measure is one run of a contender.
type Measure struct {
	Seconds float64            `json:"seconds"`             // wall
	CPU     map[string]float64 `json:"cpu_seconds"`         // of each kind of process
	Peak    map[string]int64   `json:"peak_rss_bytes"`      // resident, of the largest process of each kind
	Rows    int64              `json:"rows,omitempty"`      // that were moved
	CSV     int64              `json:"csv_bytes,omitempty"` // what they take as CSV
	Size    int64              `json:"size,omitempty"`      // of the object written or read
	Sum     string             `json:"checksum,omitempty"`  // of the rows, as whoever reads the outcome counts it
	Further map[string]float64 `json:"further,omitempty"`   // figures of this job alone
}

// Median is the middle of a figure of all runs.
func (c Contender) Median(figure func(Measure) float64) float64 {
	if len(c.Runs) == 0 {
		return 0
	}
	all := make([]float64, len(c.Runs))
	for i, m := range c.Runs {
		all[i] = figure(m)
	}
	slices.Sort(all)
	mid := len(all) / 2
	if len(all)%2 == 1 {
		return all[mid]
	}
	return (all[mid-1] + all[mid]) / 2
}

// Find returns a contender of a job, and whether it is there with runs.
func (r Results) Find(job, contender string) (Contender, bool) {
	for _, j := range r.Jobs {
		if j.Name != job {
			continue
		}
		for _, c := range j.Contenders {
			if c.Name == contender && len(c.Runs) > 0 {
				return c, true
			}
		}
	}
	return Contender{}, false
}

// Save writes a group's file.
func Save(dir string, r Results) error {
	body, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, r.Group+".json"), append(body, '\n'), 0o644)
}

// Load reads the files of all groups, in the order of Groups.
func Load(dir string) ([]Results, error) {
	var all []Results
	for _, group := range Groups {
		path := filepath.Join(dir, group+".json")
		body, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var r Results
		if err := json.Unmarshal(body, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, r)
	}
	return all, nil
}
