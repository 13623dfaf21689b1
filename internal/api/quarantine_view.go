package api

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/fault"
)

// QuarantineGroup is quarantined rows that failed for one reason.
type QuarantineGroup struct {
	Fingerprint string         `json:"fingerprint" doc:"Names the reason: it is equal for rows that failed alike."`
	Rows        int64          `json:"rows" doc:"That are not in the table."`
	Files       int64          `json:"files" doc:"That these rows are from."`
	Errors      []ColumnError  `json:"errors" doc:"Column by column, without values."`
	First       time.Time      `json:"first" doc:"When the first of them was quarantined."`
	Last        time.Time      `json:"last"`
	Example     QuarantinedRow `json:"example"`
}

// ColumnError is what is wrong with a column of a row.
type ColumnError struct {
	Column string `json:"column,omitempty" doc:"Absent: the row as a whole."`
	Reason string `json:"reason" doc:"In constant words."`
	Detail string `json:"detail,omitempty" doc:"The whole message, with the value where it helps."`
}

// QuarantinedRow is a row that doesn't fit its table.
type QuarantinedRow struct {
	File        string        `json:"file" doc:"The object's key."`
	ETag        string        `json:"etag" doc:"And its version."`
	Row         int64         `json:"row" doc:"Its number in the file, from 1; a CSV header doesn't count."`
	Line        *int64        `json:"line,omitempty" doc:"The line on which it begins, from 1; absent in Parquet."`
	Offset      *int64        `json:"offset,omitempty" doc:"The byte of the decompressed file at which it begins; absent in Parquet."`
	RowGroup    *int          `json:"row_group,omitempty" doc:"Of a Parquet file, from 0."`
	Format      string        `json:"format,omitempty" doc:"Of the file."`
	Raw         string        `json:"raw" doc:"The row as it stands in the file, cut at 64 KiB; of Parquet as JSON."`
	RawBase64   string        `json:"raw_base64,omitempty" doc:"The same, where it is not UTF-8."`
	Errors      []ColumnError `json:"errors"`
	Fingerprint string        `json:"fingerprint"`
	Run         string        `json:"run" doc:"That quarantined it."`
	At          time.Time     `json:"at" doc:"When that was."`
	ReplayedBy  string        `json:"replayed_by,omitempty" doc:"The run that tried it again last; the errors are then of that time."`
}

func viewGroup(g clickhouse.QuarantineGroup) QuarantineGroup {
	return QuarantineGroup{
		Fingerprint: g.Fingerprint, Rows: g.Rows, Files: g.Files, First: g.First, Last: g.Last,
		Errors: columnErrors(g.Columns, g.Reasons, nil), Example: viewQuarantined(g.Example),
	}
}

func viewQuarantined(r clickhouse.QuarantineRow) QuarantinedRow {
	v := QuarantinedRow{
		File: r.Key, ETag: r.ETag, Row: r.Row, Format: r.Format, Raw: string(r.Raw), Errors: columnErrors(r.Columns, r.Reasons, r.Errors),
		Fingerprint: r.Fingerprint, Run: r.RunID, At: r.At, ReplayedBy: r.Replay,
	}
	if r.Line >= 0 {
		v.Line = &r.Line
	}
	if r.Offset >= 0 {
		v.Offset = &r.Offset
	}
	if r.RowGroup >= 0 {
		v.RowGroup = &r.RowGroup
	}
	if !utf8.Valid(r.Raw) {
		v.Raw, v.RawBase64 = strings.ToValidUTF8(v.Raw, "\uFFFD"), base64.StdEncoding.EncodeToString(r.Raw)
	}
	return v
}

// columnErrors puts together what the quarantine has in lists of equal length.
// Rows from before reasons were kept have none.
func columnErrors(columns, reasons, details []string) []ColumnError {
	errors := make([]ColumnError, len(columns))
	for i, column := range columns {
		errors[i].Column = column
		if i < len(reasons) {
			errors[i].Reason = reasons[i]
		}
		if i < len(details) {
			errors[i].Detail = details[i]
		}
	}
	return errors
}

// cursor is where a page ends, as a text that callers needn't understand.
func cursor(id clickhouse.QuarantinedID) string {
	text, err := json.Marshal(id)
	if err != nil {
		panic(err) // a struct of strings and a number always encodes
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func parseCursor(text string) (id clickhouse.QuarantinedID, err error) {
	if text == "" {
		return id, nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(plain, &id)
	}
	if err != nil {
		return id, fault.WithRemedy(fault.New(fault.Invalid, "after is no end of a page"), "give what the page before gave as next")
	}
	return id, nil
}
