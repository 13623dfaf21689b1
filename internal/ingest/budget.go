package ingest

import (
	"context"
	"fmt"

	"github.com/longshore/longshore/internal/ledger"
)

// overBudget pauses the schedule of a datasource whose run quarantined more rows
// than its error budget allows, and notes that in the run's record. It may be
// called again for a run (TestARunBeyondItsErrorBudgetPausesTheSchedule).
func (i *Ingest) overBudget(ctx context.Context, r ledger.Run, total ledger.Totals) (paused bool, err error) {
	project, err := i.doors.Project(ctx, r.Project)
	if err != nil {
		return false, err
	}
	ds := project.Datasources[r.Subject.Name]
	if ds == nil || ds.Import == nil || !ds.Import.ErrorBudget.Exceeded(total.Rows, total.Quarantined) {
		return false, nil
	}
	what := fmt.Sprintf("%d of %d rows went to quarantine, more than IMPORT_ERROR_BUDGET %s", total.Quarantined, total.Rows+total.Quarantined, ds.Import.ErrorBudget)
	if err := i.ledger.PauseFor(ctx, r, fmt.Sprintf("run %s: %s", r.ID, what)); err != nil {
		return false, err
	}
	_, err = i.ledger.UpdateRun(ctx, r.ID, func(r *ledger.Run) error {
		r.Note = what + ": the schedule is paused; longshore datasource resume " + r.Subject.Name + " lets it go on"
		return nil
	})
	return true, err
}
