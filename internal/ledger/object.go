package ledger

import (
	"context"
	"fmt"

	"github.com/longshore/longshore/pkg/fault"
)

// objectOwner is who writes a numbered object: the seq-th one of a part.
type objectOwner struct {
	Part int `json:"part"`
	Seq  int `json:"seq"`
}

// ClaimObject gives a part's seq-th object of an op, counted from 0, the first
// free number from hint on, and all attempts at the part the same one. Numbers
// begin at 1 and have no gaps, as long as a part claims its objects in their
// order and no number below hint is free: 1 always holds, and so does one more
// than the number that the part got last, which saves requests.
func (l *Ledger) ClaimObject(ctx context.Context, id RunID, epoch int, op string, part, seq, hint int) (number int, err error) {
	me := objectOwner{part, seq}
	for number = max(hint, 1); ; {
		key := fmt.Sprintf("%sobject/%s-%07d.json", epochDir(id, epoch), op, number)
		var owner objectOwner
		_, err := l.get(ctx, key, &owner)
		switch {
		case err == nil && owner == me:
			return number, nil
		case err == nil:
			number++
			continue
		case !fault.Is(err, fault.NotFound):
			return 0, err
		}
		if err := l.create(ctx, key, me); !fault.Is(err, fault.Conflict) {
			return number, err
		}
		// Somebody was first, maybe a twin of our attempt: look who.
	}
}
