package format

import (
	"context"

	"github.com/longshore/longshore/pkg/fault"
)

// RowReader is a Reader that can read one row again by where it is, so that
// nobody need keep what a Reject has only the beginning of.
type RowReader interface {
	Reader
	// Row returns the text of a row as Reject.Raw has it, but all of it. In text, in
	// begins with the row, and the options are those that it was rejected under, with
	// the delimiter that was found; in Parquet, row is its number in the file, from
	// 1. The error is ErrRowTooLong for a row beyond ReadOptions.MaxRowBytes.
	Row(ctx context.Context, in Input, row int64, opts ReadOptions) ([]byte, error)
}

// ErrRowTooLong is the error of a row that is longer than one may be.
var ErrRowTooLong = fault.New(fault.Invalid, "the row is longer than a row may be")
