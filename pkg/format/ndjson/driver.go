// Package ndjson is newline-delimited JSON: one object per line and row.
//
//	{"id":1,"name":"Smith, John","tags":["a","b"]}␊
//	{"id":2,"name":null,"tags":[]}␊
//
// What must stay true: a line feed is the end of a row and nothing else, and
// numbers keep all their digits on the way out and in.
package ndjson

import "github.com/longshore/longshore/pkg/format"

// Format is the driver of NDJSON files. It holds no state.
type Format struct{}

// Traits implements format.Reader and format.Writer.
func (Format) Traits() format.Traits {
	return format.Traits{Name: "ndjson", Extension: ".ndjson", MediaType: "application/x-ndjson", Lines: true}
}
