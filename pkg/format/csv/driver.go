// Package csv is comma-separated values, and the same with other delimiters: one
// line per row, fields quoted by doubling quotes (RFC 4180).
//
//	\uFEFF id,name,paid␊        Opening: BOM and header, each optional
//	1,"Smith, John",true␊       segment: whole lines
//	2,,false␊                   no quotes: a null; "" is the empty string
//
// What must stay true: a file that is written with any options reads back with
// the same options as the same values and the same nulls.
package csv

import "github.com/longshore/longshore/pkg/format"

// Format is the driver of CSV files. It holds no state.
type Format struct{}

// Traits implements format.Reader and format.Writer.
func (Format) Traits() format.Traits {
	return format.Traits{Name: "csv", Extension: ".csv", MediaType: "text/csv", NamesFields: true}
}
