package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
)

const (
	// brakeEvery is how often a part looks whether it is to go on.
	brakeEvery = 2 * time.Second
	// brakeFor is how long a part waits in its slot for ClickHouse to have room.
	brakeFor = 5 * time.Second
)

// brakes is how quick brakes are.
type brakes struct{ every, patience time.Duration }

// brake ends a part of a backfill where it can be left off, when the backfill is
// paused, or when ClickHouse stays busy: the slot is another's to use meanwhile.
type brake struct {
	brakes
	ledger *ledger.Ledger
	job    *job
	name   string
	looked time.Time // zero before the first look
}

// halt returns run.ErrHalted where the part is to end here.
func (k *brake) halt(ctx context.Context) error {
	if time.Since(k.looked) < k.every {
		return nil
	}
	for began := time.Now(); ; {
		rec, err := k.ledger.Backfill(ctx, k.name)
		if err != nil {
			return err
		}
		if !rec.PausedAt.IsZero() {
			return fmt.Errorf("%w: backfill %s is paused", run.ErrHalted, k.name)
		}
		load, err := k.job.house.Load(ctx, "", k.job.ds.Name)
		if err != nil {
			return err
		}
		why := overloaded(load, rec)
		switch {
		case why == "":
			k.looked = time.Now()
			return nil
		case time.Since(began) >= k.patience:
			return fmt.Errorf("%w: %s", run.ErrHalted, why)
		}
		if err := wait(ctx, k.patience/5); err != nil {
			return err
		}
	}
}
