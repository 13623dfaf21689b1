package source

import "errors"

// ErrSnapshotGone means that the snapshot that a split refers to has ended, so
// that its rows can't be read consistently with those of the other splits.
var ErrSnapshotGone = errors.New("the snapshot of this read has ended")
