package format

import "github.com/apache/arrow/go/v15/arrow"

// Writer is the writing half of a format's driver. A Writer holds no state and
// is safe for concurrent use.
type Writer interface {
	// Traits returns the facts about the format.
	Traits() Traits
	// Frame returns what stands around and between the segments of an object
	// with this schema. The error is Invalid where the format can't hold a type.
	Frame(schema *arrow.Schema, opts WriteOptions) (Frame, error)
	// Encoder returns an encoder of one segment.
	Encoder(schema *arrow.Schema, opts WriteOptions) (Encoder, error)
}

// Encoder turns the batches of one part into the bytes of one segment. It is
// used by one goroutine and reuses its buffers: in its steady state it
// allocates nothing per row.
type Encoder interface {
	// Encode appends rows of the segment to dst and returns the longer slice.
	// A format that groups rows (Parquet) may keep them back until a group is
	// full. It keeps no reference to the batch.
	Encode(dst []byte, rows arrow.Record) ([]byte, error)
	// Flush appends what was kept back and ends the segment. The meta is what
	// Frame.Closing wants to know of the segment: opaque to everybody else,
	// serializable, and nil for text formats. The encoder is of no use afterwards.
	Flush(dst []byte) (out, meta []byte, err error)
}

// Frame is what an object has besides its segments.
//
//	┌─────────┬───────────┬───────────┬───────────┬─────────┐
//	│ Opening │ segment 0 │ Separator │ segment 1 │ Closing │
//	└─────────┴───────────┴───────────┴───────────┴─────────┘
//
// Segments stand in any order. A segment without a row has no bytes and isn't
// set into the object, and no Separator goes with it. An object without any
// segment, Opening and then Closing, is a valid empty file of the format.
type Frame interface {
	// Opening returns the object's first bytes: BOM and CSV header, "[", "PAR1".
	Opening() []byte
	// Separator returns the bytes between two segments.
	Separator() []byte
	// Closing returns the object's last bytes, given all its segments in the
	// order in which they stand: "]", the Parquet footer.
	Closing(segments []Segment) ([]byte, error)
}

// Segment is one part's share of an object.
type Segment struct {
	// Offset is where the segment begins in the object, in bytes, before any
	// compression of the object as a whole.
	Offset int64
	// Size is the segment's length in bytes, counted as Offset is.
	Size int64
	// Rows is how many rows the segment holds.
	Rows int64
	// Meta is what Encoder.Flush returned.
	Meta []byte
}

// WriteOptions says how an object is written. A format ignores what isn't its own.
type WriteOptions struct {
	CSV CSVWriteOptions
	// Compression is the codec inside a Parquet file: "zstd", "snappy", "gzip"
	// or "none". Empty is zstd. Text formats are compressed by package compress.
	Compression string
	// RowGroupRows is the size of a Parquet row group, in rows. Zero is 1 Mi.
	// A group is closed earlier when it holds RowGroupBytes.
	RowGroupRows int64
	// RowGroupBytes is the size of a Parquet row group's columns in memory,
	// encoded, in bytes. Zero is 64 MiB.
	RowGroupBytes int64
}

// CSVWriteOptions is the dialect of a CSV object that we write.
type CSVWriteOptions struct {
	Delimiter  byte        // ',' ';' '|' '~' or '\t'; zero is ','
	NoHeader   bool        // leave out the line of column names
	BOM        bool        // begin with U+FEFF in UTF-8
	Quote      QuotePolicy // which fields are quoted
	Null       string      // text of a null, never quoted; empty by default
	LineEnding string      // "\n" or "\r\n"; empty is "\n"
}

// QuotePolicy says which CSV fields are quoted. Under every policy a value that
// would otherwise read back as another value, or as a null, is quoted: an empty
// string is "" and a null is Null.
type QuotePolicy uint8

const (
	// QuoteNeeded quotes what holds a delimiter, quote, CR or LF, begins or ends
	// in a space, is empty, or equals the null text.
	QuoteNeeded QuotePolicy = iota
	// QuoteStrings quotes every value of a column that isn't a number or boolean.
	QuoteStrings
	// QuoteAll quotes every value but nulls.
	QuoteAll
)
