package export

import (
	"context"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// recaller reads removed rows as they were sent last: a comparison reads heads
// alone of the levels of a baseline that stay.
type recaller struct {
	ledger   *ledger.Ledger
	baseline *diff.Baseline
	memory   int64 // bytes

	hashes []uint64 // of the keys of rows that are to be read
	keys   []byte
	ends   []int // of keys
}

// recallBytes is how large keys become before their rows are read, in bytes.
const recallBytes = 1 << 20

// add takes a row, and reports whether it is time to read.
func (r *recaller) add(h *diff.Head) bool {
	r.hashes, r.keys = append(r.hashes, h.Hash), append(r.keys, h.Key...)
	r.ends = append(r.ends, len(r.keys))
	return len(r.keys)+16*len(r.hashes) >= recallBytes
}

// read calls send with the bodies of the rows, and forgets them.
func (r *recaller) read(ctx context.Context, send func(body []byte) error) error {
	if len(r.hashes) == 0 {
		return nil
	}
	rows := r.baseline.OpenSome(Files{r.ledger}, r.hashes, r.memory)
	defer rows.Close()
	start := 0
	for i, end := range r.ends {
		if err := find(ctx, rows, r.hashes[i], r.keys[start:end]); err != nil {
			return err
		}
		body, err := rows.Body()
		if err != nil {
			return err
		}
		if err := send(body); err != nil {
			return err
		}
		start = end
	}
	r.hashes, r.keys, r.ends = r.hashes[:0], r.keys[:0], r.ends[:0]
	return nil
}

// find goes to a row that there is.
func find(ctx context.Context, rows diff.Source, hash uint64, key []byte) error {
	for {
		more, err := rows.Next(ctx)
		if err != nil {
			return err
		}
		if !more || rows.Head().Hash > hash {
			return fault.WithRemedy(fault.New(fault.Invalid, "read a removed row: the baseline has its key %x, and not its columns", key),
				"restore the baseline's files from versions or a backup of the state bucket; --reset-baseline makes a new one")
		}
		if string(rows.Head().Key) == string(key) {
			return nil
		}
	}
}
