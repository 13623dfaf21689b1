package ingest

import (
	"context"
	"errors"

	"github.com/longshore/longshore/internal/ledger"
)

// goOn queues another run behind one that took as many files as a run may while
// the datasource sets no limit: who asks for all files gets them, in runs of
// which none is too large to plan. A run that is committed again queues none
// twice (TestManyFilesAreRunsInARow).
func (i *Ingest) goOn(ctx context.Context, r ledger.Run) error {
	sub, err := i.ledger.Subject(ctx, r.Subject)
	if err != nil || sub.Backlog.Files == 0 {
		return err
	}
	id, err := i.ledger.CurrentProjectID(ctx)
	if err != nil {
		return err
	}
	project, err := i.doors.Project(ctx, id)
	if err != nil {
		return err
	}
	ds := project.Datasources[r.Subject.Name]
	if ds == nil || ds.Import == nil || ds.Import.MaxFiles > 0 {
		return nil
	}
	_, err = i.ledger.Create(ctx, r.Subject, id, ledger.Trigger{By: "after", Upstream: r.ID}, "rest of "+string(r.ID))
	if errors.Is(err, ledger.ErrAlreadyQueued) {
		return nil // that run takes the rest
	}
	return err
}
