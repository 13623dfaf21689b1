package sourcetest

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	t.Run("types", h.testTypes)
	t.Run("empty result", h.testEmpty)
	t.Run("a million rows in bounded memory", h.testMillion)
	t.Run("splits", h.testSplits)
	if h.Driver.Traits().Snapshots {
		t.Run("snapshot", h.testSnapshot)
	}
	t.Run("cancel", h.testCancel)
	t.Run("failures", h.testFailures)
	t.Run("ended context", h.testEndedContext)
}

// open opens a database that is closed at the end of the test.
func (h Harness) open(t testing.TB, url string, batchRows int) source.Database {
	t.Helper()
	db, err := h.Driver.Open(t.Context(), source.Config{Name: "shop", URL: url, BatchRows: batchRows})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func query(sql string) source.Query { return source.Query{Name: "orders", SQL: sql} }

// split cuts the query; the splits are closed at the end of the test.
func split(t testing.TB, db source.Database, q source.Query, n int) *source.Splits {
	t.Helper()
	splits, err := db.Split(t.Context(), q, n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := splits.Close(); err != nil {
			t.Error(err)
		}
	})
	return splits
}

// read passes each batch of one split to do.
func read(t testing.TB, db source.Database, q source.Query, s source.Split, do func(arrow.Record)) {
	t.Helper()
	r, err := db.Read(t.Context(), q, s)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	err = batch.Each(t.Context(), r, func(rec arrow.Record) error {
		if !rec.Schema().Equal(r.Schema()) {
			t.Fatalf("a batch has the schema %v, the reader %v", rec.Schema(), r.Schema())
		}
		do(rec)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (h Harness) testTypes(t *testing.T) {
	url := h.Database(t)
	db := h.open(t, url, 2) // batches end in the middle of the values
	for _, c := range h.Types {
		t.Run(c.Name, func(t *testing.T) {
			h.Exec(t, url, c.Setup...)
			q := query(c.Query)
			schema, err := db.Describe(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if want := arrow.NewSchema([]arrow.Field{c.Field}, nil); !schema.Equal(want) {
				t.Fatalf("described as\n%v\nwant\n%v", schema, want)
			}
			c.check(t, column(t, db, q, schema))
		})
	}
}

// column reads the only column of a query.
func column(t *testing.T, db source.Database, q source.Query, schema *arrow.Schema) arrow.Array {
	var chunks []arrow.Array
	for _, s := range split(t, db, q, 1).Splits {
		read(t, db, q, s, func(rec arrow.Record) {
			if !rec.Schema().Equal(schema) {
				t.Fatalf("read the schema\n%v\nwhere it was described as\n%v", rec.Schema(), schema)
			}
			rec.Column(0).Retain() // the reader's buffers may not change under us
			chunks = append(chunks, rec.Column(0))
		})
	}
	if len(chunks) == 0 {
		t.Fatal("read no rows")
	}
	all, err := array.Concatenate(chunks, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (c Type) check(t *testing.T, got arrow.Array) {
	if c.Strings != nil {
		for i := range got.Len() {
			if i >= len(c.Strings) || got.ValueStr(i) != c.Strings[i] {
				t.Fatalf("got %v, want %q", got, c.Strings)
			}
		}
		if got.Len() != len(c.Strings) {
			t.Fatalf("got %d values, want %q", got.Len(), c.Strings)
		}
		return
	}
	want, _, err := array.FromJSON(memory.DefaultAllocator, c.Field.Type, strings.NewReader(c.Want))
	if err != nil {
		t.Fatal(err)
	}
	if !array.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func (h Harness) testEmpty(t *testing.T) {
	url := h.Database(t)
	h.Exec(t, url, h.Numbers("numbers", 10)...)
	db := h.open(t, url, 0)
	q := query("SELECT id, label FROM numbers WHERE id < 0")
	splits := split(t, db, q, 4)
	if len(splits.Splits) == 0 {
		t.Fatal("got no split")
	}
	for _, s := range splits.Splits {
		r, err := db.Read(t.Context(), q, s)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if n := r.Schema().NumFields(); n != 2 {
			t.Fatalf("got %d columns, want 2", n)
		}
		for range 2 {
			if rec, err := r.Next(t.Context()); !errors.Is(err, io.EOF) {
				t.Fatalf("got %v, %v, want io.EOF", rec, err)
			}
		}
	}
}

func (h Harness) testFailures(t *testing.T) {
	for _, c := range h.Failures {
		t.Run(c.Name, func(t *testing.T) {
			url := h.Database(t)
			h.Exec(t, url, c.Setup...)
			if c.URL != nil {
				url = c.URL(url)
			}
			err := h.fail(t, url, c)
			if err == nil {
				t.Fatal("nothing failed")
			}
			if got := fault.KindOf(err); got != c.Kind {
				t.Errorf("got the kind %v, want %v: %v", got, c.Kind, err)
			}
			h.checkText(t, err, c.Says)
		})
	}
}

// checkText checks that the error is one line that names the connection.
func (h Harness) checkText(t *testing.T, err error, says []string) {
	for _, want := range append(slices.Clone(says), "shop") {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want %q in it", err, want)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("got more than one line: %q", err)
	}
	if h.Password != "" && strings.Contains(err.Error(), h.Password) {
		t.Errorf("the password is in %q", err)
	}
}

// fail returns the first error on the way to the rows.
func (h Harness) fail(t *testing.T, url string, c Failure) error {
	db, err := h.Driver.Open(t.Context(), source.Config{Name: "shop", URL: url})
	if err != nil {
		return err
	}
	defer db.Close()
	q := query(c.SQL)
	if _, err := db.Describe(t.Context(), q); err != nil {
		if c.Reading {
			t.Errorf("described with %v, want it to be found when reading", err)
		}
		return err
	}
	splits, err := db.Split(t.Context(), q, 1)
	if err != nil {
		return err
	}
	defer splits.Close()
	r, err := db.Read(t.Context(), q, splits.Splits[0])
	if err != nil {
		return err
	}
	defer r.Close()
	return batch.Each(t.Context(), r, func(arrow.Record) error { return nil })
}
