package clickhouse_test

import (
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/fault"
)

func orders() clickhouse.Table {
	return clickhouse.Table{
		Name: "orders", PartitionKey: "toYYYYMM(at)", SortingKey: "at, id",
		Columns: []clickhouse.Column{column("id", "UInt64"), column("at", "DateTime"), column("note", "Nullable(String)")},
	}
}

func TestEnsureTableTellsAllDifferences(t *testing.T) {
	c := open(t)
	exec(t, c, "CREATE TABLE orders (id String, at DateTime, twice String MATERIALIZED concat(id, id), more UInt8) ENGINE = ReplacingMergeTree ORDER BY id")
	want := orders()
	want.Columns = append(want.Columns, column("twice", "String"))
	want.Extend = true
	err := c.EnsureTable(t.Context(), want)
	wantFault(t, err, fault.Invalid, "connection warehouse: table "+c.Database()+".orders is not as defined:",
		"column id is String, not UInt64", "column twice is computed (MATERIALIZED concat(id, id))",
		"engine is ReplacingMergeTree, not MergeTree", "partition key is none, not toYYYYMM(at)", "sorting key is id, not at, id")
	if strings.Contains(err.Error(), "more") || strings.Contains(err.Error(), "note") {
		t.Errorf("got %q, want nothing about a column that only the table has or that may be added", err)
	}
}

func TestSpellingIsNoDifference(t *testing.T) {
	tests := []struct{ name, made, wanted string }{
		{"list", "(id, at)", "id,at"},
		{"quotes", "`id`, at", "(id, `at`)"},
		{"cast", "id, at::Date", "id, CAST(at, 'Date')"},
		{"cast back", "id, CAST(at, 'Date')", "id, at::Date"},
		{"operator", "id, id%4", "(id, id % 4)"},
		{"none", "tuple()", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t)
			want := orders()
			want.SortingKey = tt.made
			if err := c.EnsureTable(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			want.SortingKey = tt.wanted
			if statements, err := c.PlanTable(t.Context(), want); err != nil || len(statements) > 0 {
				t.Errorf("got %q %v, want nothing to do", statements, err)
			}
			want.SortingKey = "at, id, note"
			_, err := c.PlanTable(t.Context(), want)
			wantFault(t, err, fault.Invalid, "sorting key is ")
		})
	}
}

func TestLoad(t *testing.T) {
	c := open(t)
	exec(t, c, "CREATE TABLE numbers (id UInt64, text String) ENGINE = MergeTree PARTITION BY id < 3 ORDER BY id")
	exec(t, c, "SYSTEM STOP MERGES "+clickhouse.Path(c.Database(), "numbers"))
	for i := range 5 {
		if err := c.Append(t.Context(), clickhouse.Insert{Table: "numbers", Block: numbers(i, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	if load, err := c.Load(t.Context(), "", "numbers"); err != nil || load.Parts != 3 || load.Merges != 0 {
		t.Errorf("got %+v %v, want 3 parts and no merge", load, err)
	}
	if load, err := c.Load(t.Context(), "", "missing"); err != nil || load.Parts != 0 {
		t.Errorf("no table: got %+v %v, want nothing", load, err)
	}
}

func TestEnsureTableExtends(t *testing.T) {
	c := open(t)
	if err := c.EnsureTable(t.Context(), orders()); err != nil {
		t.Fatal(err)
	}
	more := orders()
	more.Columns = append(more.Columns, column("tags", "Array(String)"), clickhouse.Column{Name: "n", Type: column("", "Int64").Type, Default: "7"})
	wantFault(t, c.EnsureTable(t.Context(), more), fault.Invalid, "column tags is missing; column n is missing")
	more.Extend = true
	statements, err := c.PlanTable(t.Context(), more)
	if err != nil || len(statements) != 2 || !strings.Contains(statements[1], "ADD COLUMN IF NOT EXISTS `n` Int64 DEFAULT 7") {
		t.Errorf("got %q %v, want two additions", statements, err)
	}
	if err := c.EnsureTable(t.Context(), more); err != nil {
		t.Fatal(err)
	}
	if statements, err := c.PlanTable(t.Context(), more); err != nil || len(statements) != 0 {
		t.Errorf("got %q %v, want nothing to do", statements, err)
	}
}

func TestEnsureTableByMany(t *testing.T) {
	c := open(t)
	g, ctx := errgroup.WithContext(t.Context())
	for range 8 {
		g.Go(func() error { return c.EnsureTable(ctx, orders()) })
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

func TestAddColumnToTableAndQuarantine(t *testing.T) {
	c := open(t)
	for _, table := range []clickhouse.Table{orders(), clickhouse.Quarantine(orders())} {
		if err := c.EnsureTable(t.Context(), table); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := c.AddColumn(t.Context(), orders(), column("extra", "Nullable(Float64)")); err != nil {
			t.Fatal(err)
		}
	}
	table, err := c.Describe(t.Context(), "", "orders")
	if err != nil {
		t.Fatal(err)
	}
	quarantine, err := c.Describe(t.Context(), "", "orders_quarantine")
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []*clickhouse.ExistingColumn{table.Column("extra"), quarantine.Column("extra")} {
		if got == nil {
			t.Fatal("the column is missing")
		}
	}
	if got := table.Column("extra").TypeText + " " + quarantine.Column("extra").TypeText; got != "Nullable(Float64) Nullable(String)" {
		t.Errorf("got %s", got)
	}
	if table.DeduplicationWindow != 10_000 || table.Engine != "MergeTree" || table.SortingKey != "at, id" {
		t.Errorf("got %+v", table)
	}
}

func TestDescribeMissing(t *testing.T) {
	_, err := open(t).Describe(t.Context(), "", "nothing")
	wantFault(t, err, fault.NotFound, "connection warehouse", "nothing", "push the datasource")
}

func TestColumnOfTheQuarantineIsTaken(t *testing.T) {
	taken := orders()
	taken.Columns = append(taken.Columns, column("insertion_date", "DateTime"))
	wantFault(t, open(t).EnsureTable(t.Context(), clickhouse.Quarantine(taken)), fault.Invalid, "two columns insertion_date")
}
