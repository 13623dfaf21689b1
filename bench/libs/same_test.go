package libs

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jszwec/csvutil"
	"github.com/parquet-go/parquet-go"
)

// TestSidesReadTheSame has others read what Longshore wrote: what is compared in
// speed must be the same rows.
func TestSidesReadTheSame(t *testing.T) {
	t.Run("csv", func(t *testing.T) {
		d, err := csvutil.NewDecoder(csv.NewReader(bytes.NewReader(object(t, "csv"))))
		if err != nil {
			t.Fatal(err)
		}
		wantAll(t, orders(), d.Decode)
	})
	t.Run("ndjson", func(t *testing.T) {
		d := json.NewDecoder(bytes.NewReader(object(t, "ndjson")))
		wantAll(t, orders(), d.Decode)
	})
	t.Run("parquet", func(t *testing.T) {
		r := parquet.NewGenericReader[parquetOrder](bytes.NewReader(object(t, "parquet")))
		defer r.Close()
		var one [1]parquetOrder
		wantAll(t, parquetOrders(), func(v any) error {
			if n, err := r.Read(one[:]); n == 0 {
				return err
			}
			*v.(*parquetOrder) = one[0]
			return nil
		})
	})
}

// wantAll wants next to give these rows and then io.EOF.
func wantAll[T any](t *testing.T, want []T, next func(any) error) {
	t.Helper()
	for i := range want {
		var got T
		if err := next(&got); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
		if d := cmp.Diff(want[i], got); d != "" {
			t.Fatalf("row %d: (-want +got)\n%s", i, d)
		}
	}
	var more T
	if err := next(&more); err != io.EOF {
		t.Errorf("got %v behind the last row, want the end", err)
	}
}
