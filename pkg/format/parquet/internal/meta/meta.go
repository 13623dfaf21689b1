// Package meta is the Thrift structures of a Parquet file: its footer and the
// headers of its pages, as far as Longshore writes and reads them.
//
// It has a compact protocol of its own because a footer comes from strangers:
// nothing is allocated that the bytes at hand don't pay for, depth is bounded,
// and a page header is read without an allocation. Fields that we don't know
// are skipped.
package meta

import "strconv"

// Magic stands at both ends of a Parquet file.
const Magic = "PAR1"

// MagicEncrypted stands at the ends of a file with an encrypted footer.
const MagicEncrypted = "PARE"

// Type is a physical type. Group is none: the schema's inner nodes have it.
type Type int8

// The physical types, by their numbers in the format.
const (
	Group             Type = -1
	Boolean           Type = 0
	Int32             Type = 1
	Int64             Type = 2
	Int96             Type = 3
	Float             Type = 4
	Double            Type = 5
	ByteArray         Type = 6
	FixedLenByteArray Type = 7
)

// Repetition says how often a field occurs in its parent.
type Repetition int8

// The repetitions, by their numbers in the format.
const (
	Required Repetition = 0
	Optional Repetition = 1
	Repeated Repetition = 2
)

// Converted is the old way to say what a column means. NoConverted is none.
type Converted int8

// The converted types, by their numbers in the format.
const (
	NoConverted     Converted = -1
	UTF8            Converted = 0
	MapConverted    Converted = 1
	MapKeyValue     Converted = 2
	ListConverted   Converted = 3
	EnumConverted   Converted = 4
	Decimal         Converted = 5
	DateConverted   Converted = 6
	TimeMillis      Converted = 7
	TimeMicros      Converted = 8
	TimestampMillis Converted = 9
	TimestampMicros Converted = 10
	Uint8           Converted = 11
	Uint16          Converted = 12
	Uint32          Converted = 13
	Uint64          Converted = 14
	Int8            Converted = 15
	Int16           Converted = 16
	Int32Converted  Converted = 17
	Int64Converted  Converted = 18
	JSONConverted   Converted = 19
	BSONConverted   Converted = 20
	IntervalType    Converted = 21
)

// Kind is which logical type a column has.
type Kind int8

// The logical types, by their numbers in the format's union.
const (
	NoLogical     Kind = 0
	StringKind    Kind = 1
	MapKind       Kind = 2
	ListKind      Kind = 3
	EnumKind      Kind = 4
	DecimalKind   Kind = 5
	DateKind      Kind = 6
	TimeKind      Kind = 7
	TimestampKind Kind = 8
	IntKind       Kind = 10
	UnknownKind   Kind = 11
	JSONKind      Kind = 12
	BSONKind      Kind = 13
	UUIDKind      Kind = 14
	Float16Kind   Kind = 15
)

// Unit is the unit of a time or timestamp.
type Unit int8

// The units, by their numbers in the format's union.
const (
	Millis Unit = 1
	Micros Unit = 2
	Nanos  Unit = 3
)

// Logical is what a column means beyond its physical type.
type Logical struct {
	Kind      Kind
	Scale     int32 // of a decimal
	Precision int32 // of a decimal
	UTC       bool  // of a time or timestamp: an instant, not a wall clock's reading
	Unit      Unit  // of a time or timestamp
	BitWidth  int8  // of an integer
	Signed    bool  // of an integer
}

// Element is one node of the schema, which is listed depth first.
type Element struct {
	Name       string
	Type       Type
	TypeLength int32 // of FixedLenByteArray, in bytes
	Repetition Repetition
	Children   int32 // of a Group
	Converted  Converted
	Scale      int32
	Precision  int32
	Logical    Logical
}

// Encoding is how values or levels stand in a page.
type Encoding int8

// The encodings, by their numbers in the format.
const (
	Plain                Encoding = 0
	PlainDictionary      Encoding = 2
	RLE                  Encoding = 3
	BitPacked            Encoding = 4
	DeltaBinaryPacked    Encoding = 5
	DeltaLengthByteArray Encoding = 6
	DeltaByteArray       Encoding = 7
	RLEDictionary        Encoding = 8
	ByteStreamSplit      Encoding = 9
)

// Codec is how pages are compressed.
type Codec int8

// The codecs, by their numbers in the format.
const (
	Uncompressed Codec = 0
	Snappy       Codec = 1
	Gzip         Codec = 2
	LZO          Codec = 3
	Brotli       Codec = 4
	LZ4          Codec = 5
	Zstd         Codec = 6
	LZ4Raw       Codec = 7
)

var codecNames = [...]string{"uncompressed", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4_raw"}

// String returns the codec's name, or its number where it has none.
func (c Codec) String() string {
	if c >= 0 && int(c) < len(codecNames) {
		return codecNames[c]
	}
	return "codec " + strconv.Itoa(int(c))
}

// PageType is what a page holds.
type PageType int8

// The page types, by their numbers in the format.
const (
	DataPage       PageType = 0
	IndexPage      PageType = 1
	DictionaryPage PageType = 2
	DataPageV2     PageType = 3
)

// Statistics is what is known of a chunk's values. Min and Max are nil where
// they are not.
type Statistics struct {
	Nulls    int64 // -1 where it isn't known
	Min, Max []byte
}

// EncodingStat counts the pages of a chunk by type and encoding.
type EncodingStat struct {
	Page     PageType
	Encoding Encoding
	Count    int32
}

// Chunk is the values of one leaf column in one row group.
type Chunk struct {
	FilePath         string // not empty where the chunk is in another file
	Encrypted        bool   // of the rest nothing may be known
	Type             Type
	Encodings        []Encoding
	Path             []string
	Codec            Codec
	Values           int64 // nulls included
	Uncompressed     int64 // bytes, page headers included
	Compressed       int64 // bytes, page headers included
	DataPageOffset   int64
	DictionaryOffset int64 // 0 where there is no dictionary
	Statistics       Statistics
	EncodingStats    []EncodingStat
}

// Start returns where the chunk's first page begins in the file.
func (c *Chunk) Start() int64 {
	if c.DictionaryOffset > 0 && c.DictionaryOffset < c.DataPageOffset {
		return c.DictionaryOffset
	}
	return c.DataPageOffset
}

// RowGroup is a horizontal slice of a file.
type RowGroup struct {
	Chunks     []Chunk
	TotalBytes int64 // uncompressed
	Rows       int64
	Offset     int64 // of the first page; 0 where it isn't known
	Compressed int64 // bytes
}

// Footer is a file's metadata.
type Footer struct {
	Version   int32
	Schema    []Element
	Rows      int64
	RowGroups []RowGroup
	CreatedBy string
}

// PageHeader stands in front of every page. Which fields count depends on Type.
type PageHeader struct {
	Type         PageType
	Uncompressed int32 // bytes, the header not included
	Compressed   int32 // bytes, the header not included
	CRC          uint32
	HasCRC       bool
	Values       int32 // nulls included; a dictionary's entries
	Encoding     Encoding
	DefEncoding  Encoding // DataPage
	RepEncoding  Encoding // DataPage
	Nulls        int32    // DataPageV2
	Rows         int32    // DataPageV2
	DefBytes     int32    // DataPageV2
	RepBytes     int32    // DataPageV2
	Plain        bool     // DataPageV2: the values aren't compressed
}
