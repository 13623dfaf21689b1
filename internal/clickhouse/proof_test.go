package clickhouse_test

import (
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
)

func TestProveFiles(t *testing.T) {
	c := open(t)
	table := clickhouse.Table{Name: "numbers", SortingKey: "id", KnowsFiles: true, Columns: []clickhouse.Column{column("id", "UInt64"), column("text", "String")}}
	if err := c.EnsureTable(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	if err := c.EnsureFileTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	record := func(key, run string, state clickhouse.FileState, rows, quarantined int64) {
		t.Helper()
		err := c.RecordFiles(t.Context(), []clickhouse.FileRecord{{
			Datasource: "numbers", Key: key, ETag: "e", State: state, Rows: rows, Quarantined: quarantined, RunID: run, Marked: true,
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	rows := func(key string, n int) {
		t.Helper()
		if err := c.Append(t.Context(), clickhouse.Insert{Table: "numbers", Block: numbers(0, n), File: clickhouse.FileID(key, "e")}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(what string, want clickhouse.Proof) {
		t.Helper()
		got, err := c.ProveFiles(t.Context(), "numbers", "R")
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v; want %+v", what, got, err, want)
		}
	}
	want("nothing", clickhouse.Proof{})
	record("a", "R", clickhouse.FileDone, 5, 0)
	record("empty", "R", clickhouse.FileDone, 0, 0)
	record("é/b", "R", clickhouse.FileDone, 7, 2)
	record("another run's", "Q", clickhouse.FileDone, 9, 0)
	record("half done", "R", clickhouse.FileIngesting, 9, 0)
	rows("a", 5)
	rows("é/b", 7)
	want("all there", clickhouse.Proof{Files: 3})
	rows("é/b", 2)
	want("quarantined rows replayed", clickhouse.Proof{Files: 3})
	rows("a", 1)
	want("a row twice", clickhouse.Proof{Files: 3, Differ: 1, First: "a"})
	record("gone", "R", clickhouse.FileDone, 1, 0)
	record("a", "R", clickhouse.FileDone, 6, 0)
	want("rows gone", clickhouse.Proof{Files: 4, Differ: 1, First: "gone"})
}
