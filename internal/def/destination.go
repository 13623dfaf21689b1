package def

// Format is a file format.
type Format string

// The formats. JSON is one array; datasources read all but JSON.
const (
	CSV     Format = "csv"
	JSON    Format = "json"
	NDJSON  Format = "ndjson"
	Parquet Format = "parquet"
)

// Compression is applied to a whole object, except that in Parquet it is the
// codec of the pages.
type Compression string

// The compressions. Snappy exists in Parquet only. The default is Zstd in
// Parquet, None elsewhere.
const (
	None   Compression = "none"
	Gzip   Compression = "gzip"
	Zstd   Compression = "zstd"
	Snappy Compression = "snappy"
)

// OnConflict says what happens when an object of that key exists.
type OnConflict string

// The choices. Overwrite is the default.
const (
	Overwrite OnConflict = "overwrite"
	Fail      OnConflict = "fail"
)

// Destination says what a sync writes, where, and how.
type Destination struct {
	Connection  string      `json:"connection"`       // of type s3
	Bucket      string      `json:"bucket,omitempty"` // empty means the connection's
	Path        string      `json:"path"`             // valid for ParseTemplate
	Offset      int64       `json:"offset"`           // seconds, any sign, added to the run's time in Path
	Format      Format      `json:"format"`
	Compression Compression `json:"compression"`
	CSV         CSVOutput   `json:"csv"`
	Batch       Batch       `json:"batch"`
	SkipEmpty   bool        `json:"skip_empty"`
	OnConflict  OnConflict  `json:"on_conflict"`
}

// CSVOutput is how CSV is written. It is filled with defaults for every format.
type CSVOutput struct {
	Delimiter  string     `json:"delimiter"` // one of , ; | ~ and tab
	Header     bool       `json:"header"`
	BOM        bool       `json:"bom"`
	Quote      Quote      `json:"quote"`
	Null       string     `json:"null"` // text of a null; empty by default
	LineEnding LineEnding `json:"line_ending"`
}

// Quote says which values are put in quotes.
type Quote string

// The quote policies: only values that need it; every value of a column that is
// neither number nor boolean; all but nulls.
const (
	QuoteNeeded  Quote = "needed"
	QuoteStrings Quote = "strings"
	QuoteAll     Quote = "all"
)

// LineEnding ends a CSV row.
type LineEnding string

// The line endings.
const (
	LF   LineEnding = "lf"
	CRLF LineEnding = "crlf"
)

// Batch limits an object. At most one limit is set; none means one object
// (in diff mode three).
type Batch struct {
	Rows  int64 `json:"rows,omitempty"`
	Bytes int64 `json:"bytes,omitempty"` // as written, after compression
}

// Enabled reports whether a run may write many objects.
func (b Batch) Enabled() bool { return b.Rows > 0 || b.Bytes > 0 }
