package mysql

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/source"
)

// ids reads the first column of a split.
func ids(t *testing.T, db source.Database, q source.Query, s source.Split) (all []int64) {
	t.Helper()
	r, err := db.Read(t.Context(), q, s)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	err = batch.Each(t.Context(), r, func(rec arrow.Record) error {
		all = append(all, rec.Column(0).(*array.Int64).Int64Values()...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
