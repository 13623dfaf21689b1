// Package alert says when something went wrong, once, and when it is over, once.
//
// A Watcher looks at every run that ends, and each minute at the clock. What it
// finds goes through Decide, rule by rule, and into the ledger; only then is it
// sent:
//
//	run ended ─┐          rule, state ┌─ state ──┐
//	           ├─ Facts ── Decide ────┤          ├─ alerts/KIND/NAME.json ── send ── sent
//	clock ─────┘                      └─ message ┘                            └── later
//
// What must stay true:
//
//   - A change of state is recorded together with its message. So a new leader
//     neither repeats nor forgets one (TestAFailureIsToldOnceAndItsEndOnce).
//   - A message is sent at least once, under the same ID each time. A message and
//     the recovery from it carry the same Dedup, and arrive in that order
//     (TestARecoveryWaitsForItsMessage).
//   - While a subject is muted nothing is sent about it, whoever leads, and
//     nothing is forgotten (TestAMutedSubjectIsSilentUntilThen).
//   - No error and no log shows an option of a channel: its address is a secret
//     (alerttest.Run).
//
// A driver is one folder here (slack, pagerduty, sms, email, webhook), one line
// in package all, and one call of the conformance suite in package alerttest.
package alert

import (
	"context"
	"time"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
)

// Message is one thing to say.
type Message = ledger.AlertMessage

// State is where a rule stands for a subject.
type State = ledger.AlertState

// Driver opens channels of one type. It holds no state.
type Driver interface {
	// Traits returns the facts about the type.
	Traits() Traits
	// Open checks the options, and connects nothing yet. The error is Invalid.
	Open(cfg Config) (Channel, error)
}

// Traits is the facts about a type of channel.
type Traits struct {
	// Type is how definitions spell it.
	Type def.ChannelType
	// Resolves is set when the receiver itself ends the incident that a recovery
	// has the Dedup of.
	Resolves bool
	// MaxText is the most characters of a text that are sent.
	MaxText int
}

// Config says how to open a channel.
type Config struct {
	// Name is the channel's name, for errors.
	Name string
	// Options are those of the definition, with their secrets.
	Options map[string]def.Secret
	// Endpoint is the vendor's address, for tests; empty is the real one.
	Endpoint string
	// Timeout bounds one call of Send. Zero is DefaultTimeout.
	Timeout time.Duration
}

// DefaultTimeout is how long a channel may take to accept a message.
const DefaultTimeout = 10 * time.Second

// Channel sends messages. It is safe for concurrent use.
type Channel interface {
	// Receivers returns whom a message is sent to, one by one. They are not to be
	// shown.
	Receivers() []string
	// Send sends a message to one of the receivers. Errors are Denied for wrong
	// credentials, NotFound or Invalid for a wrong address, Throttled (see
	// RetryAfter) or Temporary for what may pass, a timeout included.
	Send(ctx context.Context, to string, m Message) error
}

// Get returns an option, revealed.
func (c Config) Get(option string) string { return c.Options[option].Reveal() }

// Limit returns how long one call of Send may take.
func (c Config) Limit() time.Duration {
	if c.Timeout == 0 {
		return DefaultTimeout
	}
	return c.Timeout
}
