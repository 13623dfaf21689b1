package ingest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/longshore/longshore/internal/clickhouse"
)

// Verification is what comparing a datasource's table with its file ledger found.
type Verification struct {
	Datasource string `json:"datasource"`
	// Clean is set when nothing was found, or nothing is left of it.
	Clean bool `json:"clean"`
	// Files is how many files are ingested by the ledger, and Proved how many of
	// them have exactly the rows in the table that it says, counted by file.
	Files  int64 `json:"files"`
	Proved int64 `json:"proved"`
	// Rows and Quarantined are what is in the table and the quarantine; Replayed is
	// of the quarantined ones those that are in the table by now.
	Rows        int64 `json:"rows"`
	Quarantined int64 `json:"quarantined"`
	Replayed    int64 `json:"replayed"`
	// Findings is what is wrong, a kind each; after a repair, what is left.
	Findings []Finding `json:"findings"`
	// Repaired is what a repair mended.
	Repaired []Finding `json:"repaired,omitempty"`
	// Notes is what couldn't be proved, and why, and what a repair couldn't do.
	Notes []string `json:"notes,omitempty"`
}

// Finding is one kind of difference between ledger and table.
type Finding struct {
	Kind  string `json:"kind"`
	Files int64  `json:"files"` // zero where the rows know no file
	Rows  int64  `json:"rows"`  // that are missing, too many, or of that kind
	// Examples are the first of the files.
	Examples []FileFinding `json:"examples,omitempty"`
}

// FileFinding is a file of a Finding.
type FileFinding struct {
	Key      string `json:"key,omitempty"`
	ETag     string `json:"etag,omitempty"`
	ID       uint64 `json:"id,omitempty"` // in the table, where no record tells the key
	Expected int64  `json:"expected"`     // rows
	Found    int64  `json:"found"`
}

// The kinds of findings.
const (
	MissingRows        = "missing rows"           // fewer rows of a file in the table than the ledger says
	SurplusRows        = "surplus rows"           // more
	QuarantineDiffers  = "quarantine differs"     // other rows of a file in quarantine than the ledger says
	UnfinishedFiles    = "unfinished files"       // begun, and no run is at them
	UnfinishedReplaces = "unfinished replacement" // rows of file versions that others replaced
	UnrecordedRows     = "unrecorded rows"        // of files that the ledger doesn't know, or of no file
	UnfinishedReplay   = "unfinished replay"      // a batch of quarantined rows may be half in
)

// findingExamples is how many files of a finding are told.
const findingExamples = 100

// found adds a file to the finding of a kind.
func (v *Verification) found(kind string, f FileFinding) {
	at := slices.IndexFunc(v.Findings, func(f Finding) bool { return f.Kind == kind })
	if at < 0 {
		at = len(v.Findings)
		v.Findings = append(v.Findings, Finding{Kind: kind})
	}
	finding := &v.Findings[at]
	if f.Key != "" || f.ID != 0 {
		finding.Files++
	}
	finding.Rows += max(f.Found-f.Expected, f.Expected-f.Found)
	if len(finding.Examples) < findingExamples {
		finding.Examples = append(finding.Examples, f)
	}
}

func (v *Verification) note(format string, args ...any) {
	v.Notes = append(v.Notes, fmt.Sprintf(format, args...))
}

// discrepancy is what is wrong with the rows of one file.
type discrepancy struct {
	rec             clickhouse.FileRecord
	kind            string // empty: nothing
	expected, found int64
	forgotten       bool // rows are gone that the table may forget
}

// judge compares what is recorded of a file with what was counted of it. Only
// files that are done, or were replaced, have a number of rows to be proved.
func judge(rec clickhouse.FileRecord, n clickhouse.Census, keeps clickhouse.Keeps) discrepancy {
	d := discrepancy{rec: rec}
	v := rec.Version()
	if rec.State == clickhouse.FileReplaced {
		if d.found = n.Quarantined[v]; rec.Marked {
			d.found += n.Rows[rec.FileID()]
		}
		if d.found > 0 {
			d.kind = UnfinishedReplaces
		}
		return d
	}
	if rec.State != clickhouse.FileDone {
		return d
	}
	if rec.Marked {
		d.expected, d.found = rec.Rows+n.Replayed[v], n.Rows[rec.FileID()]
		switch {
		case d.found > d.expected+n.Open[v]:
			d.kind = SurplusRows
			return d
		case d.found < d.expected && keeps.Forgets():
			d.forgotten = true
		case d.found < d.expected:
			d.kind = MissingRows
			return d
		}
	}
	if found := n.Quarantined[v]; found != rec.Quarantined {
		d.kind, d.expected, d.found = QuarantineDiffers, rec.Quarantined, found
	}
	return d
}

// forgets says why a table may have fewer rows than were appended to it.
func forgets(k clickhouse.Keeps) string {
	var why []string
	if k.Engine != "" {
		why = append(why, k.Engine+" merges rows")
	}
	if k.TTL {
		why = append(why, "its TTL removes rows")
	}
	return strings.Join(why, " and ")
}
