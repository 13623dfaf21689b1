package ledger

import (
	"context"
	"fmt"
)

// RangeCount is what is in a range of a text file.
type RangeCount struct {
	Rows  int64 `json:"rows"`
	Lines int64 `json:"lines"`
}

func countKey(id RunID, epoch int, file uint64, number uint32) string {
	return fmt.Sprintf("%scount/%016x-%05d.json", epochDir(id, epoch), file, number)
}

// SaveCount records for the other parts of a run what is in a range of a file, which
// have an id and a number.
func (l *Ledger) SaveCount(ctx context.Context, id RunID, epoch int, file uint64, number uint32, c RangeCount) error {
	return l.create(ctx, countKey(id, epoch, file, number), c)
}

// Count reads what is in a range of a file. It is not known where nobody recorded it.
func (l *Ledger) Count(ctx context.Context, id RunID, epoch int, file uint64, number uint32) (c RangeCount, known bool, err error) {
	_, err = l.get(ctx, countKey(id, epoch, file, number), &c)
	return c, err == nil, ignoreNotFound(err)
}
