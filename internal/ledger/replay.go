package ledger

import (
	"context"
	"encoding/json"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// Replay says which quarantined rows a run tries again. Empty fields mean all.
type Replay struct {
	Fingerprint string `json:"fingerprint,omitempty"`
	Key         string `json:"key,omitempty"` // of the file
}

// replays is the record that has the rows of a datasource's quarantine brought
// into its table one batch after another, whoever does it. A batch is open from
// before its first row is appended until it is known that all are.
type replays struct {
	// Turn counts the batches from 1.
	Turn int64 `json:"turn"`
	// Open is the batch under way, null where there is none; its content is the
	// verb's.
	Open json.RawMessage `json:"open,omitempty"`
}

func replaysKey(datasource string) string { return "replays/" + datasource + ".json" }

// ReplayTurn returns how many batches of a datasource's quarantine were begun,
// and whether the last is open: then it is read into batch.
func (l *Ledger) ReplayTurn(ctx context.Context, datasource string, batch any) (turn int64, open bool, err error) {
	var rec replays
	_, err = l.get(ctx, replaysKey(datasource), &rec)
	if err != nil || rec.Open == nil {
		return rec.Turn, false, ignoreNotFound(err)
	}
	if err := json.Unmarshal(rec.Open, batch); err != nil {
		return 0, false, fault.New(fault.Invalid, "read record %s: %w", replaysKey(datasource), err)
	}
	return rec.Turn, true, nil
}

// BeginReplay opens the batch that follows a turn. The error is a Conflict where
// another was opened since: what is in the quarantine has to be read again.
func (l *Ledger) BeginReplay(ctx context.Context, datasource string, turn int64, batch any) error {
	body, err := json.Marshal(batch)
	if err != nil {
		return fault.New(fault.Invalid, "encode record %s: %w", replaysKey(datasource), err)
	}
	_, err = update(ctx, l, replaysKey(datasource), func(rec *replays) error {
		if rec.Turn != turn || rec.Open != nil {
			return fault.New(fault.Conflict, "replay of %s: turn %d is over, it is %d", datasource, turn, rec.Turn)
		}
		rec.Turn, rec.Open = turn+1, body
		return nil
	})
	return err
}

// EndReplay closes the batch of a turn. To close it twice is to close it once.
func (l *Ledger) EndReplay(ctx context.Context, datasource string, turn int64) error {
	_, err := update(ctx, l, replaysKey(datasource), func(rec *replays) error {
		if rec.Turn == turn {
			rec.Open = nil
		}
		return nil
	})
	return err
}

func replayTextKey(datasource, batch string) string { return "replays/" + datasource + "/" + batch }

// SaveReplayText keeps the text of a batch that is about to be opened, by the
// batch's name. Whoever saves one of that name saves the same.
func (l *Ledger) SaveReplayText(ctx context.Context, datasource, batch string, text []byte) error {
	_, err := l.store.Put(ctx, l.prefix+replayTextKey(datasource, batch), text, objstore.PutOptions{})
	return err
}

// ReplayText returns the text of a batch. The error is NotFound where it was
// dropped.
func (l *Ledger) ReplayText(ctx context.Context, datasource, batch string) ([]byte, error) {
	text, _, err := l.store.Get(ctx, l.prefix+replayTextKey(datasource, batch))
	return text, err
}

// DropReplayText forgets the text of a batch that was closed.
func (l *Ledger) DropReplayText(ctx context.Context, datasource, batch string) error {
	return l.store.Delete(ctx, l.prefix+replayTextKey(datasource, batch))
}
