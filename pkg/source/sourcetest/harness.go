package sourcetest

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// Harness is a real server, and how to say things in its SQL.
type Harness struct {
	Driver source.Driver
	// Database returns the URL of a fresh, empty database.
	Database func(t testing.TB) (url string)
	// Exec runs statements there, by other means than the driver's.
	Exec func(t testing.TB, url string, statements ...string)
	// Types is every type that the driver's documentation names.
	Types []Type
	// Failures is every kind of error that the driver tells apart.
	Failures []Failure
	// Numbers makes a table of the given name with the columns id (a 64-bit
	// integer from 0 to n-1, in order), label (a string, never null), and part
	// (a 64-bit integer that is null in every seventh row and else id % 1000).
	Numbers func(table string, n int) []string
	// Endless is a query that runs for minutes and sends rows from the start.
	// Marker is in its text.
	Endless, Marker string
	// Running returns how many queries with the marker the server is running.
	Running func(t testing.TB, url, marker string) int
	// Password is in the URLs and may be in no error.
	Password string
}

// Type is one type of the source in one query.
type Type struct {
	Name string
	// Setup makes what the query needs; it may be empty.
	Setup []string
	// Query has one column named "c" and a fixed order.
	Query string
	// Field is what the column becomes; its name is "c".
	Field arrow.Field
	// Want is the values in the JSON of array.FromJSON. Where that can't spell
	// them, Strings is the values in the words of arrow.Array.ValueStr.
	Want    string
	Strings []string
}

// Failure is something that goes wrong.
type Failure struct {
	Name  string
	Setup []string
	// URL changes the database's URL; nil leaves it.
	URL func(url string) string
	SQL string
	// Reading is set when the error comes no earlier than from reading rows.
	Reading bool
	Kind    fault.Kind
	// Says is what the error's text must contain.
	Says []string
}
