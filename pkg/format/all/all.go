// Package all is the list of formats. A new one is a folder beside this and a
// line here.
package all

import (
	"strings"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/csv"
	"github.com/longshore/longshore/pkg/format/json"
	"github.com/longshore/longshore/pkg/format/ndjson"
	"github.com/longshore/longshore/pkg/format/parquet"
)

// Writers returns the formats that exports write.
func Writers() []format.Writer {
	return []format.Writer{csv.Format{}, json.Format{}, ndjson.Format{}, parquet.Format{}}
}

// Readers returns the formats that ingestion reads.
func Readers() []format.Reader {
	return []format.Reader{csv.Format{}, ndjson.Format{}, parquet.Format{}}
}

// Writer returns the format of that name. The error is Invalid and lists the
// names there are.
func Writer(name string) (format.Writer, error) { return lookup(Writers(), name, "write") }

// Reader returns the format of that name. The error is Invalid and lists the
// names there are.
func Reader(name string) (format.Reader, error) { return lookup(Readers(), name, "read") }

func lookup[F interface{ Traits() format.Traits }](formats []F, name, verb string) (found F, err error) {
	var names []string
	for _, f := range formats {
		t := f.Traits()
		if t.Name == name {
			return f, nil
		}
		names = append(names, t.Name)
	}
	return found, fault.New(fault.Invalid, "format %q is unknown: the formats to %s are %s", name, verb, strings.Join(names, ", "))
}
