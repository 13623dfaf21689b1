package ledger

import (
	"context"
	"errors"
	"time"
)

// AddedColumn is a column of a datasource's table that isn't in its definition:
// it was added because files had a field that no column read.
type AddedColumn struct {
	Name string `json:"name"`
	Type string `json:"type"` // of ClickHouse
	Path string `json:"path"` // of the field that it reads, as $.user.name
	// File is the key of the file that it was first seen in, Run the run that
	// ingested it, and At the time when it was decided.
	File string    `json:"file"`
	Run  RunID     `json:"run"`
	At   time.Time `json:"at"`
}

// columnsRecord is what was added to a datasource's table. Its columns never
// change and none is taken away, so their number says which of them were there.
type columnsRecord struct {
	Columns []AddedColumn `json:"columns"`
}

func columnsKey(datasource string) string { return "columns/" + datasource + ".json" }

// AddedColumns returns the columns that were added to a datasource's table, the
// oldest first. Its length is their version: version n is the first n of them.
func (l *Ledger) AddedColumns(ctx context.Context, datasource string) ([]AddedColumn, error) {
	var rec columnsRecord
	_, err := l.get(ctx, columnsKey(datasource), &rec)
	return rec.Columns, ignoreNotFound(err)
}

// errNothingToAdd keeps a record as it is.
var errNothingToAdd = errors.New("nothing to add")

// AddColumns adds columns to those of a datasource, by compare-and-swap: decide
// is given what there is and returns what comes behind it. It may be called
// several times, and what it returned last counts. AddColumns returns all columns.
//
// Of two who add a column at the same time one is asked again, and finds what the
// other decided (TestTheFirstDecidesAboutAColumn).
func (l *Ledger) AddColumns(ctx context.Context, datasource string, decide func(have []AddedColumn) []AddedColumn) ([]AddedColumn, error) {
	rec, err := update(ctx, l, columnsKey(datasource), func(rec *columnsRecord) error {
		more := decide(rec.Columns)
		if len(more) == 0 {
			return errNothingToAdd
		}
		rec.Columns = append(rec.Columns, more...)
		return nil
	})
	if errors.Is(err, errNothingToAdd) {
		err = nil
	}
	return rec.Columns, err
}
