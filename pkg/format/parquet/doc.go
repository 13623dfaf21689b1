// Package parquet is Apache Parquet files: rows in groups, in each group the
// values of a column together, and a footer that says where.
//
//	PAR1                                          Opening
//	┌ row group ───────────────────────────┐
//	│ chunk: [dictionary page] data page…  │      segment 0: whole row groups
//	│ chunk …                              │
//	└──────────────────────────────────────┘
//	┌ row group ┐ ┌ row group ┐                   segment 1, of another worker
//	footer, its length, PAR1                      Closing
//
// What must stay true: segments stand in any order and make one valid file; a
// file written here is read with the same values by other readers; a file from
// elsewhere, damaged or hostile, yields an error and nothing worse.
//
// # Writing
//
// Column chunks are encoded here, from Arrow's buffers: a Value per cell, as a
// library asks for when the schema is known only at run time, costs more than
// encoding and compressing the cell. Figures are in bench_write_test.go. The
// encodings are the oldest that do, so that every reader has them: data pages of
// version 1, levels in runs, values PLAIN, or RLE_DICTIONARY where values
// repeat. Pages end at 512 KiB before compression, each with a checksum. Encoded
// pages of the open row group are all that is held.
//
// Row groups have statistics: nulls, and minimum and maximum, which are exact or
// absent. Column and offset indexes are left out: rows come in no useful order,
// a row group is small, and the metadata of a million pages would have to wait
// in the ledger until the footer is written.
//
// # Types written
//
//	Arrow                             Parquet
//	bool                              BOOLEAN
//	int8, int16, uint8, uint16        INT32, INT(8|16, signed or not)
//	int32, int64, uint32, uint64      INT32, INT64; UINT_32 and UINT_64 marked
//	float16, float32; float64         FLOAT; DOUBLE. NaN is left out of statistics
//	decimal128, decimal256 (P, S)     DECIMAL in INT32 up to 9 digits, INT64 up to
//	                                  18, else FIXED_LEN_BYTE_ARRAY; decimal256
//	                                  always the latter
//	utf8, large_utf8                  BYTE_ARRAY, STRING
//	  json                            BYTE_ARRAY, JSON
//	  decimal_text, enum, interval,   BYTE_ARRAY, STRING: numbers of unbounded
//	  inet, text                      precision keep all digits, and NaN, as text
//	binary, large_binary              BYTE_ARRAY
//	fixed_size_binary(N)              FIXED_LEN_BYTE_ARRAY(N)
//	  uuid                            FIXED_LEN_BYTE_ARRAY(16), UUID
//	date32, date64                    INT32, DATE
//	timestamp(s|ms|us|ns)             INT64, TIMESTAMP(millis|millis|micros|nanos);
//	                                  isAdjustedToUTC if it has a time zone
//	time32, time64                    INT32 or INT64, TIME, not adjusted to UTC
//	duration                          INT64
//	list, large_list, fixed_size_list LIST in three levels: list, element
//	map                               MAP: key_value, key, value
//	struct                            group; one without fields is refused
//	dictionary                        as its values
//	null                              INT32, all null
//	month, day-time, month-day-nano   refused
//
// PostgreSQL's infinity has no counterpart in Parquet. A timestamp or date that
// stands for it (see package batch) is written as the number that it is in
// Arrow: the greatest or least INT64, or INT32 of a date. Readers show them as
// dates beyond their range; our own rejects such rows.
//
// # Reading
//
// A decoder goes through a file by stretches of some thousand rows: it decodes
// the same rows of each column from its page into typed values, and appends those
// to the block. It holds a page and a window of the file per column, and never a
// row group. All encodings and codecs are read but LZO, encryption, and levels
// in the bit-packed encoding that was given up in 2014.
//
// The page reader is ours because files come from strangers. The libraries trust
// a footer's counts: a list of two billion row groups in thirty bytes is
// allocated. Here memory is taken for bytes that are there, a page has 256 MiB at
// most, lists 16 Mi elements at a time, checksums are verified, and a codec that
// panics is an error.
//
// A row that doesn't fit is rendered as JSON for the quarantine. For that, the
// columns that nobody reads are read too, from the first such row on.
//
// # Types read
//
//	Parquet              Table
//	integers             integers in range; floats up to 2^53 (Float32: 2^24); Bool
//	                     from 0 and 1; Decimal; Enum by number; Date as days, DateTime
//	                     and DateTime64 as seconds, UINT_32 as IPv4
//	FLOAT, DOUBLE        floats (Float32 is rounded); integers if they are whole;
//	                     Decimal by the shortest text
//	DECIMAL              Decimal and integers that lose no digit; floats, rounded
//	BOOLEAN              Bool and integers
//	DATE                 Date, Date32; DateTime and DateTime64 at midnight of the zone
//	TIMESTAMP, INT96     DateTime, DateTime64 that lose no fraction; Date, Date32 at
//	                     midnight. What isn't adjusted to UTC is a wall clock's time
//	                     in the column's zone
//	TIME                 integers, in the file's unit
//	UUID                 UUID, FixedString(16)
//	STRING, ENUM         String, FixedString; Decimal, integers of more than 64 bits,
//	                     UUID, IPv4, IPv6 and Enum from their text; no other numbers
//	                     and no times: a type mismatch
//	JSON, BYTE_ARRAY     String; bytes also FixedString, UUID and IPv6 of their length,
//	                     and integers of 16 and 32 bytes as ClickHouse writes them
//	any scalar           String, as text
//	LIST, repeated       Array
//	MAP                  Map
//	group                Tuple, by name; its fields by path: $.a.b, $.items[:].id
//	the whole row ($)    String, as JSON
//
// A null Array or Map is an empty one, as in the text formats. Any other null in a
// column that is neither Nullable nor has a DEFAULT rejects the row, as does a
// missing field.
package parquet
