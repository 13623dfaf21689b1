package def

import "time"

// Import says which files are appended to a datasource's table, and when.
type Import struct {
	Service       string      `json:"service"`                 // "s3"
	Connection    string      `json:"connection"`              // of type s3
	BucketURI     string      `json:"bucket_uri"`              // valid for ParseBucketURI
	Schedule      Schedule    `json:"schedule"`                // Auto, OnDemand (the default) or Cron in UTC
	Strategy      string      `json:"strategy"`                // "APPEND"
	FromTimestamp time.Time   `json:"from_timestamp,omitzero"` // files last modified before this are left out; UTC
	Format        Format      `json:"format,omitempty"`        // CSV, NDJSON or Parquet; empty: found out from each file
	MaxFiles      int         `json:"max_files"`               // of one run; 0 means unlimited
	OnNewColumn   OnNewColumn `json:"on_new_column"`
	OnOverwrite   OnOverwrite `json:"on_overwrite"`
	CSV           CSVInput    `json:"csv"`
}

// OnNewColumn says what happens to a field of a file that has no column.
type OnNewColumn string

// The choices: add a column (the default), leave the field out, send the
// file's rows to quarantine.
const (
	AddColumn        OnNewColumn = "add"
	IgnoreColumn     OnNewColumn = "ignore"
	QuarantineColumn OnNewColumn = "quarantine"
)

// OnOverwrite says what happens when an ingested object gets new content.
type OnOverwrite string

// The choices: nothing (the default), append the new version too, replace the
// rows of the old version.
const (
	IgnoreOverwrite  OnOverwrite = "ignore"
	AppendOverwrite  OnOverwrite = "append"
	ReplaceOverwrite OnOverwrite = "replace"
)

// CSVInput is how CSV is read.
type CSVInput struct {
	Delimiter string `json:"delimiter,omitempty"` // one of , ; | ~ and tab; empty: found out from the file
	Header    *bool  `json:"header,omitempty"`    // whether the first line names the columns; nil: found out
	Quote     string `json:"quote"`               // one byte, " by default
	Escape    string `json:"escape,omitempty"`    // one byte; empty: quotes are doubled
	Null      string `json:"null,omitempty"`      // text of a null besides the empty unquoted field
	Pad       bool   `json:"pad,omitempty"`       // rows with fewer fields end in empty ones; else they go to quarantine
}
