// Package native walks blocks of ClickHouse's Native format column by column, without decoding values.
//
// The wire protocol and the Native format carry the same columns in slightly different wrappers:
//
//	Native format   columns rows ( name type            data )*
//	wire            info columns rows ( name type custom data )*      info: any revision, custom: from 54454
//
// To move a block from one to the other the length of each column's data must be known, and that follows from
// its type alone. What must stay true: a walk consumes exactly one block, never reads past its end, and never
// trusts a length for more memory than the bytes that really arrive (FuzzDecode, TestTruncated).
package native

import "errors"

// CustomSerialization is the first protocol revision that has a serialization byte after a column's type.
const CustomSerialization = 54454

// ErrType says that a column's type has no length that can be found without decoding it
// (aggregate function states, Dynamic, Object).
var ErrType = errors.New("type cannot be moved between protocols")

// ErrMalformed says that bytes are not a block.
var ErrMalformed = errors.New("malformed block")

// maxColumns and maxRows are sanity limits of one block.
const (
	maxColumns = 1 << 16
	maxRows    = 1 << 30
)
