package export

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/fault"
)

// leaveFor bounds how long an attempt that is over looks after what it left.
const leaveFor = 30 * time.Second

// leave is called when an attempt at a part has written the last it will write.
// Who ends a run, or plans it anew, drops afterwards what the parts kept in the
// state bucket. So an attempt that finds its plan over came too late for that,
// or may have, and drops it itself. It does so too when it was told to stop.
func (e *Export) leave(ctx context.Context, p run.Part) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), leaveFor)
	defer stop()
	if err := e.dropLate(ctx, p); err != nil {
		e.log.Warn("leftovers of an attempt kept", zap.String("run", string(p.Run.ID)), zap.String("attempt", p.Attempt), zap.Error(err))
	}
}

func (e *Export) dropLate(ctx context.Context, p run.Part) error {
	r, err := e.ledger.Run(ctx, p.Run.ID)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return err
	case !r.State.Final() && r.Epoch == p.Plan.Epoch:
		return nil
	}
	return errors.Join(e.dropRows(ctx, r, p.Plan.Epoch), e.ledger.DropTails(ctx, r.ID, p.Plan.Epoch))
}
