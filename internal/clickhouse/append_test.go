package clickhouse_test

import (
	"context"
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/schema"
)

func TestTokenIsStoredOnce(t *testing.T) {
	for _, compress := range []string{"none", "lz4", "zstd"} {
		t.Run(compress, func(t *testing.T) {
			c := open(t, "compress="+compress)
			exec(t, c, numbersTable)
			appended := numbers(0, 1000)
			for _, token := range []string{"a", "a", "b", "a", "", ""} {
				if err := c.Append(t.Context(), clickhouse.Insert{Table: "numbers", Block: appended, Token: token}); err != nil {
					t.Fatal(err)
				}
			}
			want := "4000 4 1000" // a, b, and twice without a token
			if got := line(t, c, "SELECT concat(toString(count()), ' ', toString(uniq(_part)), ' ', toString(uniq(text))) FROM numbers"); got != want {
				t.Errorf("rows, parts, texts: got %s, want %s", got, want)
			}
		})
	}
}

func TestAppendersRunTogether(t *testing.T) {
	c := open(t)
	exec(t, c, numbersTable)
	const blocks, rows = 40, 500
	g, ctx := errgroup.WithContext(t.Context())
	for i := range blocks {
		g.Go(func() error {
			b := numbers(i*rows, rows)
			for range 2 {
				if err := c.Append(ctx, clickhouse.Insert{Table: "numbers", Block: b, Token: fmt.Sprint("block ", i)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if got, want := line(t, c, "SELECT toString((count(), uniqExact(id))) FROM numbers"), fmt.Sprintf("(%d,%d)", blocks*rows, blocks*rows); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// defaults has columns whose nulls stand for a DEFAULT, in some, all or no rows.
func defaults() *block.Block {
	b := new(block.Block)
	b.Shape([]block.Spec{
		{Name: "id", Type: schema.MustParseType("UInt64")},
		{Name: "some", Type: schema.MustParseType("String"), Optional: true},
		{Name: "all", Type: schema.MustParseType("Int32"), Optional: true},
		{Name: "none", Type: schema.MustParseType("Int32"), Optional: true},
		{Name: "low", Type: schema.MustParseType("LowCardinality(String)"), Optional: true},
		{Name: "list", Type: schema.MustParseType("Array(String)"), Optional: true},
		{Name: "maybe", Type: schema.MustParseType("Nullable(Int8)"), Optional: true},
	})
	for i := range 4 {
		odd := i%2 == 1
		b.Columns[0].AppendUint64(uint64(i))
		b.Columns[2].AppendNull()
		b.Columns[3].AppendInt(int64(i))
		b.Columns[6].AppendNull()
		if odd {
			b.Columns[1].AppendNull()
			b.Columns[4].AppendNull()
			b.Columns[5].AppendNull()
			continue
		}
		b.Columns[1].AppendString("given")
		b.Columns[4].AppendString("given")
		b.Columns[5].EndRow()
	}
	return b
}

func TestNullsBecomeDefaults(t *testing.T) {
	for _, compress := range []string{"none", "lz4"} {
		t.Run(compress, func(t *testing.T) {
			c := open(t, "compress="+compress)
			exec(t, c, `CREATE TABLE d (id UInt64, some String DEFAULT concat('default ', toString(id)), all Int32 DEFAULT 7,
				none Int32 DEFAULT 8, low LowCardinality(String) DEFAULT 'low', list Array(String), maybe Nullable(Int8) DEFAULT 9)
				ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100`)
			for range 2 {
				if err := c.Append(t.Context(), clickhouse.Insert{Table: "d", Block: defaults(), Token: "t"}); err != nil {
					t.Fatal(err)
				}
			}
			got := line(t, c, "SELECT toString(tuple(*)) FROM d ORDER BY id")
			want := `(0,'given',7,0,'given',[],NULL)
(1,'default 1',7,1,'low',[],NULL)
(2,'given',7,2,'given',[],NULL)
(3,'default 3',7,3,'low',[],NULL)`
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestBlockOverManyPartitionsIsStoredOnce(t *testing.T) {
	c := open(t)
	exec(t, c, "CREATE TABLE p (id UInt64, text String) ENGINE = MergeTree PARTITION BY id % 300 ORDER BY id "+
		"SETTINGS non_replicated_deduplication_window = 10000")
	for range 2 {
		if err := c.Append(t.Context(), clickhouse.Insert{Table: "p", Block: numbers(0, 3000), Token: "t"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := line(t, c, "SELECT toString((count(), uniqExact(_partition_id))) FROM p"); got != "(3000,300)" {
		t.Errorf("got %s, want (3000,300)", got)
	}
}

func TestViewsSeeABlockOnce(t *testing.T) {
	c := open(t)
	exec(t, c, numbersTable)
	exec(t, c, "CREATE TABLE seen (id UInt64) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 1000")
	exec(t, c, "CREATE MATERIALIZED VIEW see TO seen AS SELECT id FROM numbers")
	for _, token := range []string{"a", "a", "b"} {
		if err := c.Append(t.Context(), clickhouse.Insert{Table: "numbers", Block: numbers(0, 100), Token: token}); err != nil {
			t.Fatal(err)
		}
	}
	if got := line(t, c, "SELECT toString((count(), (SELECT count() FROM seen))) FROM numbers"); got != "(200,200)" {
		t.Errorf("table and view: got %s, want (200,200)", got)
	}
}

func TestAppendOfNothing(t *testing.T) {
	c := client(t, "clickhouse://default@127.0.0.1:1/none") // nobody is asked
	if err := c.Append(t.Context(), clickhouse.Insert{Table: "numbers", Block: numbers(0, 0)}); err != nil {
		t.Error(err)
	}
}

func TestAppendGoesOnAfterAnError(t *testing.T) {
	c := open(t)
	exec(t, c, numbersTable)
	exec(t, c, "CREATE TABLE strict (id UInt64, text String, CONSTRAINT small CHECK id < 10) ENGINE = MergeTree ORDER BY id")
	for range 5 {
		err := c.Append(t.Context(), clickhouse.Insert{Table: "missing", Block: numbers(0, 100_000)})
		wantFault(t, err, fault.NotFound, "connection warehouse: append to "+c.Database()+".missing: UNKNOWN_TABLE (60)", "push the datasource")
		err = c.Append(t.Context(), clickhouse.Insert{Table: "strict", Block: numbers(0, 100_000)})
		wantFault(t, err, fault.Invalid, "VIOLATED_CONSTRAINT (469)")
		if err := c.Append(t.Context(), clickhouse.Insert{Table: "numbers", Block: numbers(0, 10)}); err != nil {
			t.Fatal(err)
		}
	}
	if got := line(t, c, "SELECT toString(count()) FROM numbers"); got != "50" {
		t.Errorf("got %s rows, want 50", got)
	}
}

func TestAppendIsCanceled(t *testing.T) {
	c := open(t)
	exec(t, c, numbersTable)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := c.Append(ctx, clickhouse.Insert{Table: "numbers", Block: numbers(0, 10)})
	wantFault(t, err, fault.Canceled)
	if err := c.Append(t.Context(), clickhouse.Insert{Table: "numbers", Block: numbers(0, 10)}); err != nil {
		t.Error(err)
	}
}

func TestSettingsOfAnInsert(t *testing.T) {
	c := open(t)
	exec(t, c, numbersTable)
	in := clickhouse.Insert{Table: "numbers", Block: numbers(0, 10), Settings: map[string]string{"no_such_setting": "1"}}
	wantFault(t, c.Append(t.Context(), in), fault.Invalid, "no_such_setting")
	in.Settings = map[string]string{"max_partitions_per_insert_block": "5"}
	if err := c.Append(t.Context(), in); err != nil {
		t.Error(err)
	}
}
