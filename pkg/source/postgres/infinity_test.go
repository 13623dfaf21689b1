package postgres

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/source"
)

// TestTimestampInfinity is not in the list of types: neither JSON nor ValueStr
// can spell the ends of the range.
func TestTimestampInfinity(t *testing.T) {
	db, err := Driver{}.Open(t.Context(), source.Config{Name: "shop", URL: servertest.Postgres(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	q := source.Query{Name: "m", SQL: "VALUES ('infinity'::timestamp, 'infinity'::timestamptz), ('-infinity', '-infinity')"}
	r, err := db.Read(t.Context(), q, source.Split{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rec, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		c := rec.Column(i).(*array.Timestamp)
		if c.Value(0) != batch.TimestampInfinity || c.Value(1) != batch.TimestampNegativeInfinity {
			t.Errorf("%s: got %d and %d", rec.ColumnName(i), c.Value(0), c.Value(1))
		}
	}
}
