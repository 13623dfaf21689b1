// Package text renders Arrow values as text, for every format that is made of
// text.
//
// Functions named Append write one value behind dst. A Column renders a whole
// column: it is made once per schema, bound to each batch, and then asked for
// rows; after the first batches it allocates nothing.
//
//	schema ──NewJSON──▶ Column ──Bind(array)──▶ Append(dst, row) → "2024-01-02T03:04:05Z"
//	       └─NewPlain─▶                                          →  2024-01-02 03:04:05
//
// What must stay true: the text reads back as the same value (docs/types.md says
// by which rules), what NewJSON writes is always one valid JSON value in UTF-8
// on one line, and a null is never rendered here: it is the caller's to spell.
package text
