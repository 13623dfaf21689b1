package api

import (
	"context"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/queue"
)

// Queue is what the API asks of the queue. Package queue's Client is one.
type Queue interface {
	Progress(ctx context.Context, run string) (map[int]queue.Progress, error)
	Notify(ctx context.Context, run string) error
	Depths() ([]queue.Depth, error)
	Workers() (int, error)
	Ping(ctx context.Context) error
}

// Config is what the API works with. Ledger, Queue and Project must be given.
type Config struct {
	Ledger *ledger.Ledger
	Queue  Queue
	// Token is what callers must bear. It may be empty only with AllowAnonymous.
	Token def.Secret
	// AllowAnonymous lets callers in without a token when Token is empty, as long
	// as they name the server by a loopback address. Set it only where the server
	// listens on nothing else.
	AllowAnonymous bool
	// Version is the build's.
	Version string
	// Project returns the definitions of a version.
	Project func(ctx context.Context, id ledger.ProjectID) (*def.Project, error)
	// Test tries a connection. An error is the outcome of the test. Nil when
	// this producer can't.
	Test func(ctx context.Context, c *def.Connection) ([]Check, error)
	// Preview looks into files of a bucket, with a connection of the definitions
	// in force. Nil when this producer can't.
	Preview func(ctx context.Context, c *def.Connection, r PreviewRequest) (Preview, error)
	// PlanBackfill says what a backfill would do, by a version of the definitions.
	// Nil when this producer can't.
	PlanBackfill func(ctx context.Context, id ledger.ProjectID, rec ledger.BackfillRecord) (BackfillPlan, error)
	// Foresee says what ingesting files of a datasource would do. Nil when this
	// producer can't.
	Foresee func(ctx context.Context, id ledger.ProjectID, datasource string, r PlanRequest) ([]PlannedFile, error)
	// Supported reports what the definitions ask for and this version doesn't do.
	// Nil reports nothing.
	Supported func(*def.Project) def.Problems
	// Started is called when something happened to a run, so that the conductor
	// of this process, if it leads, looks at once. Nil is no conductor.
	Started func(ledger.RunID)
	// Metrics answers /metrics, without a token; nil is no metrics.
	Metrics http.Handler
	// Log gets a line per request at debug level, and per failure of ours at
	// error level. Nil is silence.
	Log *zap.Logger
}

// The limits of one request.
const (
	maxBody     = 1 << 20  // bytes
	maxProject  = 64 << 20 // bytes of a push
	quick       = 30 * time.Second
	slow        = 2 * time.Minute // what asks somebody else's server
	readTimeout = time.Minute     // of a request's body
)
