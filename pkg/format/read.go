package format

import (
	"context"
	"io"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

// Reader is the reading half of a format's driver. A Reader holds no state and
// is safe for concurrent use.
type Reader interface {
	// Traits returns the facts about the format.
	Traits() Traits
	// Decoder returns a decoder of one file into the given columns.
	Decoder(ctx context.Context, in Input, columns []Column, opts ReadOptions) (Decoder, error)
	// Infer reads at most opts.SampleRows rows and says what the file's fields
	// are and why. The error is Invalid where the file is not of this format.
	Infer(ctx context.Context, in Input, opts ReadOptions) (schema.Inference, error)
}

// Input is the bytes of one file. The caller closes what is behind it.
type Input struct {
	// Name is the file's key or path, for errors.
	Name string
	// Stream is the file's content from its beginning, already decompressed.
	// Formats with Traits.RandomAccess don't use it.
	Stream io.Reader
	// At reads anywhere in the file, for formats with Traits.RandomAccess.
	At io.ReaderAt
	// Size is the length of the file behind At, in bytes.
	Size int64
}

// Column is one column of the destination and where its values come from.
type Column struct {
	// Name is the column's name in the table.
	Name string
	// Type is the column's type in the table.
	Type schema.Type
	// Path is the field in the file: the CSV header's or Parquet column's name,
	// or for NDJSON (and nested Parquet) the steps of a JSON path. Empty is {Name}.
	Path schema.Path
	// Default is set where the table has a DEFAULT for the column: a missing or
	// null field is then no error, and the block leaves the value to the server
	// (block.Column.Optional) rather than making one up.
	Default bool
	// ByName is set for a column that is found by the name of its field alone, such
	// as one that was added to the table because other files had it: where a CSV
	// file has no header it has no field, and it doesn't tell a header from a row.
	ByName bool
}

// Decoder turns the rows of one file into blocks. It is used by one goroutine.
// What it does with a given file depends on the file, the columns and the
// options alone, so that reading a file again yields the same blocks.
type Decoder interface {
	// Next fills dst, which it empties first, from the next maxRows rows of the
	// file at most, or fewer where they take ReadOptions.BlockBytes of the file,
	// and returns how many rows of the file it consumed: those in
	// dst and those in Rejected. A row that doesn't fit never stops the file. At
	// the end it returns 0 and io.EOF. Another error is the whole file's:
	// Invalid where it is damaged, else that of the Input.
	Next(dst *block.Block, maxRows int) (consumed int, err error)
	// Rejected returns the rows that the last Next could not place, in order.
	// They are the decoder's, and valid until the next call of Next.
	Rejected() []Reject
	// Facts returns what was learnt of the file so far.
	Facts() Facts
	// Close frees the decoder's memory. It doesn't close the Input.
	Close() error
}

// Facts is what a decoder learnt of a file besides its rows.
type Facts struct {
	// Unknown is the fields of the file that no column reads, sorted.
	Unknown []string
	// Missing is the columns that no row had so far.
	Missing []string
	// Bytes is how much of the decompressed file, or of the range, was consumed, in
	// bytes.
	Bytes int64
	// Lines is how many lines of a text file, or of the range, were consumed; zero
	// in binary formats.
	Lines int64
	// Rows is how many rows the whole file has, where it says so itself; else zero.
	Rows int64
	// Delimiter is what separates the fields of a CSV file, and Fields is their
	// names by its header; nil where it has none. They are zero in other formats.
	Delimiter byte
	Fields    []string
}

// Reject is a row of a file that doesn't fit its table.
type Reject struct {
	// Row counts the file's rows from 1, a CSV header not included.
	Row int64
	// Line counts the file's lines from 1; the row's first. Zero in binary formats.
	Line int64
	// Offset is where the row begins in the decompressed file, in bytes. In
	// Parquet it is zero.
	Offset int64
	// RowGroup counts a Parquet file's row groups from 0. It is -1 elsewhere.
	RowGroup int
	// Raw is the row's bytes as they stand in the file, cut at 64 KiB. In binary
	// formats it is the row as JSON.
	Raw []byte
	// Values has an entry per column: the field's text, or nil where it is null
	// or absent.
	Values []*string
	// Errors says what is wrong, column by column. It has at least one entry.
	Errors []ColumnError
}

// ColumnError is why a value doesn't fit its column.
type ColumnError struct {
	// Column is the column's name, empty where the row as a whole is malformed.
	Column string
	// Code is the error's kind in a few constant words; it is equal for rows that
	// fail alike, so it serves as part of a fingerprint: "not a number".
	Code string
	// Detail is the whole message, with the value where it helps.
	Detail string
}

// ReadOptions says how files are read. A format ignores what isn't its own.
type ReadOptions struct {
	CSV CSVReadOptions
	// SampleRows bounds Infer. Zero is 10,000.
	SampleRows int
	// BlockBytes ends a block behind the row with which its rows take this many
	// bytes of the file, decompressed, before it has maxRows rows. So where a text
	// file's blocks end depends on the file alone: not on its columns, nor on how
	// it arrives. In Parquet it counts decoded bytes, by the average row. Zero is
	// 64 MiB.
	BlockBytes int
	// Refuse rejects all rows of the file, whatever is in them, each with these
	// errors in place of its own.
	Refuse []ColumnError
	// MaxRowBytes is the longest row that is accepted, in bytes decompressed. A
	// longer one is rejected without being held in memory. Zero is 64 MiB.
	MaxRowBytes int
	// Range is the part of the file to read; nil is all of it.
	Range *Range
}

// Range is the rows of a file that begin in a part of it. In text, Input.Stream
// begins with the first of them, and goes on behind the last one: what a malformed row
// is may be decided by what follows it. In Parquet, the row groups that begin there
// are read.
type Range struct {
	// From is the first row. In Parquet only its Offset is used.
	From Mark
	// Until is where the next range begins, in bytes.
	Until int64
}

// CSVReadOptions is the dialect of the CSV files that we read.
type CSVReadOptions struct {
	Delimiter byte   // zero: found in the first lines among , ; | ~ and tab
	Quote     byte   // zero is '"'
	Escape    byte   // zero: quotes are doubled
	Header    Header // whether the first line names the fields
	Null      string // unquoted text of a null besides the empty field; empty is `\N`
	Pad       bool   // a row with fewer fields ends in empty ones; else it is rejected

	// Fields is the names of the file's fields where Input begins behind the
	// header, because the file is read in ranges. Header is then not used.
	Fields []string
}

// Header says whether the first line of a CSV file names its fields.
type Header uint8

const (
	// HeaderAuto takes the first line for a header if its fields are the columns'
	// names or, in Infer, look like names.
	HeaderAuto Header = iota
	// HeaderYes means that there is one.
	HeaderYes
	// HeaderNo means that there is none: fields are in the columns' order.
	HeaderNo
)
