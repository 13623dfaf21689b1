package ingest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// The codes of rows that are in quarantine because of their file, not their values.
const (
	codeDropped = "column dropped"
	codeRetyped = "column retyped"
	codeNew     = "new field"
	codeRefused = "file refused" // for a reason that only the file ledger knows
)

// refusal is why no row of a file is one of the table; empty where some may be.
type refusal []format.ColumnError

// String returns the reasons in one line.
func (r refusal) String() string {
	texts := make([]string, len(r))
	for i, e := range r {
		texts[i] = e.Detail
	}
	return strings.Join(texts, "; ")
}

// incompatible returns the reasons for which a trial refuses a file. The fields
// that no column reads are named where one may be a column that was renamed.
func incompatible(columns []format.Column, trial schema.Trial) (r refusal) {
	for _, d := range trial.Incompatible(known(columns)) {
		code, verb := codeRetyped, "was retyped"
		if d.Change == schema.Missing {
			code, verb = codeDropped, "was dropped or renamed"
			if len(trial.Unknown) > 0 {
				d.Why += "; fields without a column: " + strings.Join(trial.Unknown[:min(len(trial.Unknown), 5)], ", ")
			}
		}
		r = append(r, format.ColumnError{Column: d.Column, Code: code, Detail: fmt.Sprintf("column %s %s: %s", d.Column, verb, d.Why)})
	}
	return r
}

// refusal says why all rows of a file go to quarantine, by its first ones; nil where
// they don't.
func (j *job) refusal(trial schema.Trial) refusal {
	bad := incompatible(j.columns, trial)
	if bad == nil && j.ds.Import.OnNewColumn == def.QuarantineColumn && len(trial.Unknown) > 0 {
		bad = unwanted(trial.Unknown)
	}
	return bad
}

// unwanted refuses a file because of fields that no column reads.
func unwanted(fields []string) refusal {
	return refusal{{Code: codeNew, Detail: "the file has fields without a column: " + strings.Join(fields[:min(len(fields), 20)], ", ")}}
}

// trialOf is a trial of a file of which only the fields are known.
func trialOf(facts format.Facts) schema.Trial {
	return schema.Trial{Unknown: facts.Unknown, Missing: facts.Missing}
}

// tried returns what came of decoding the first chunk of a file. It costs
// nothing where all values fit.
func tried(columns []format.Column, consumed int, b *block.Block, rejected []format.Reject, facts format.Facts) schema.Trial {
	t := schema.Trial{Rows: int64(consumed), Unknown: facts.Unknown, Missing: facts.Missing}
	if len(rejected) == 0 {
		return t
	}
	t.Tallies = make([]schema.Tally, len(columns))
	place := make(map[string]int, len(columns))
	for i, c := range columns {
		place[c.Name] = i
	}
	for _, r := range rejected {
		if !count(t.Tallies, place, r) {
			t.Rows--
		}
	}
	if t.Rows == 0 { // none could be read: nobody knows what they are
		return schema.Trial{Unknown: facts.Unknown}
	}
	for i := range t.Tallies {
		if t.Tallies[i].Unfit > 0 && t.Tallies[i].Fit == 0 && hasValue(b.Columns[i]) {
			t.Tallies[i].Fit = 1
		}
	}
	return t
}

// count notes the values of a row that was rejected, if it could be read.
func count(tallies []schema.Tally, place map[string]int, r format.Reject) bool {
	bad := make(map[int]string, len(r.Errors))
	for _, e := range r.Errors {
		if e.Column == "" {
			return false
		}
		bad[place[e.Column]] = e.Detail
	}
	for i, v := range r.Values {
		detail, unfit := bad[i]
		switch {
		case v == nil:
		case !unfit:
			tallies[i].Fit++
		default:
			tallies[i].Unfit++
			if tallies[i].Row == 0 {
				tallies[i].Row, tallies[i].Example, tallies[i].Detail = r.Row, *v, detail
			}
		}
	}
	return true
}

// hasValue reports whether a column of a block has a value that isn't null.
func hasValue(c *block.Column) bool {
	if c.Omitted() {
		return false
	}
	for row := range c.Rows() {
		if !c.IsNull(row) {
			return true
		}
	}
	return false
}

// Reason is why rows are in quarantine, and how many.
type Reason struct {
	Column string // empty where the row as a whole is to blame
	Code   string
	Rows   int64
}

// Reasons counts rejected rows by column and code, the most frequent first.
func Reasons(rejected []format.Reject) []Reason {
	var all []Reason
	at := map[Reason]int{}
	for _, r := range rejected {
		for _, e := range r.Errors {
			reason := Reason{Column: e.Column, Code: e.Code}
			if _, ok := at[reason]; !ok {
				at[reason] = len(all)
				all = append(all, reason)
			}
			all[at[reason]].Rows++
		}
	}
	slices.SortStableFunc(all, func(a, b Reason) int { return cmp.Compare(b.Rows, a.Rows) })
	return all
}
