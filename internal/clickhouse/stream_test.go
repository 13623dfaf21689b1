package clickhouse_test

import (
	"context"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
)

// stream sends blocks as one INSERT.
func stream(ctx context.Context, c *clickhouse.Client, in clickhouse.Insert, blocks ...*block.Block) error {
	s, err := c.Stream(ctx, in)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, b := range blocks {
		if err := s.Write(b); err != nil {
			return err
		}
	}
	return s.Commit()
}

func TestAStreamIsStoredOnceInOnePart(t *testing.T) {
	for _, compress := range []string{"none", "lz4", "zstd"} {
		t.Run(compress, func(t *testing.T) {
			c := open(t, "compress="+compress)
			exec(t, c, numbersTable)
			for _, token := range []string{"a", "a", "b", "a", "", ""} {
				err := stream(t.Context(), c, clickhouse.Insert{Table: "numbers", Token: token}, numbers(0, 1000), numbers(0, 0), numbers(1000, 100_000), numbers(101_000, 1))
				if err != nil {
					t.Fatal(err)
				}
			}
			want := "404004 4 101001" // a, b, and twice without a token
			if got := line(t, c, "SELECT concat(toString(count()), ' ', toString(uniq(_part)), ' ', toString(uniqExact(text))) FROM numbers"); got != want {
				t.Errorf("rows, parts, texts: got %s, want %s", got, want)
			}
		})
	}
}

func TestAStreamThatIsNotCommittedStoresNothing(t *testing.T) {
	c := open(t)
	exec(t, c, numbersTable)
	ctx, cancel := context.WithCancel(t.Context())
	for _, end := range []func(){func() {}, cancel} {
		s, err := c.Stream(ctx, clickhouse.Insert{Table: "numbers", Token: "t"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			if err := s.Write(numbers(i*10_000, 10_000)); err != nil {
				t.Fatal(err)
			}
		}
		end()
		s.Close()
	}
	wantFault(t, stream(ctx, c, clickhouse.Insert{Table: "numbers"}, numbers(0, 1)), fault.Canceled)
	if err := stream(t.Context(), c, clickhouse.Insert{Table: "numbers"}); err != nil {
		t.Errorf("a stream without blocks: %v", err)
	}
	if err := stream(t.Context(), c, clickhouse.Insert{Table: "numbers", Token: "t"}, numbers(0, 10), numbers(10, 10)); err != nil {
		t.Fatal(err)
	}
	if got := line(t, c, "SELECT toString((count(), max(id))) FROM numbers"); got != "(20,19)" {
		t.Errorf("got %s, want (20,19)", got)
	}
}

func TestDefaultsInAStream(t *testing.T) {
	c := open(t)
	exec(t, c, `CREATE TABLE d (id UInt64, some String DEFAULT concat('default ', toString(id)), all Int32 DEFAULT 7,
		none Int32 DEFAULT 8, low LowCardinality(String) DEFAULT 'low') ENGINE = MergeTree ORDER BY id`)
	some := func(all bool) *block.Block {
		b := defaults()
		b.Columns = b.Columns[:5]
		if all {
			b.Columns[1].Truncate(0)
			for range 4 {
				b.Columns[1].AppendNull()
			}
		}
		return b
	}
	if err := stream(t.Context(), c, clickhouse.Insert{Table: "d"}, some(false), some(true)); err != nil {
		t.Fatal(err)
	}
	want := `(0,'default 0',7,0,'given')
(0,'given',7,0,'given')
(1,'default 1',7,1,'low')
(1,'default 1',7,1,'low')
(2,'default 2',7,2,'given')
(2,'given',7,2,'given')
(3,'default 3',7,3,'low')
(3,'default 3',7,3,'low')`
	if got := line(t, c, "SELECT toString(tuple(*)) AS row FROM d ORDER BY row"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAStreamOverManyPartitionsAndViewsIsStoredOnce(t *testing.T) {
	c := open(t)
	exec(t, c, "CREATE TABLE p (id UInt64, text String) ENGINE = MergeTree PARTITION BY id % 300 ORDER BY id "+
		"SETTINGS non_replicated_deduplication_window = 10000")
	exec(t, c, "CREATE TABLE seen (id UInt64) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 10000")
	exec(t, c, "CREATE MATERIALIZED VIEW see TO seen AS SELECT id FROM p")
	for range 2 {
		if err := stream(t.Context(), c, clickhouse.Insert{Table: "p", Token: "t"}, numbers(0, 3000), numbers(3000, 3000)); err != nil {
			t.Fatal(err)
		}
	}
	got := line(t, c, "SELECT toString((count(), uniqExact(_partition_id), uniqExact(_part), (SELECT count() FROM seen))) FROM p")
	if want := "(6000,300,300,6000)"; got != want {
		t.Errorf("rows, partitions, parts, rows of the view: got %s, want %s", got, want)
	}
}

func TestAStreamGoesOnAfterAnError(t *testing.T) {
	c := open(t)
	exec(t, c, numbersTable)
	exec(t, c, "CREATE TABLE strict (id UInt64, text String, CONSTRAINT small CHECK id < 100) ENGINE = MergeTree ORDER BY id")
	for range 5 {
		err := stream(t.Context(), c, clickhouse.Insert{Table: "missing"}, numbers(0, 100_000), numbers(0, 100_000), numbers(0, 100_000))
		wantFault(t, err, fault.NotFound, "connection warehouse: append to "+c.Database()+".missing: UNKNOWN_TABLE (60)", "push the datasource")
		err = stream(t.Context(), c, clickhouse.Insert{Table: "strict"}, numbers(0, 100), numbers(100, 1))
		wantFault(t, err, fault.Invalid, "VIOLATED_CONSTRAINT (469)")
		if err := stream(t.Context(), c, clickhouse.Insert{Table: "numbers"}, numbers(0, 10), numbers(0, 10)); err != nil {
			t.Fatal(err)
		}
	}
	if got := line(t, c, "SELECT toString(((SELECT count() FROM numbers), (SELECT count() FROM strict)))"); got != "(100,0)" {
		t.Errorf("rows: got %s, want (100,0)", got)
	}
}

func TestAStreamIntoAnOldServer(t *testing.T) {
	for _, compress := range []string{"none", "lz4"} {
		t.Run(compress, func(t *testing.T) {
			c := openAt(t, servertest.ClickHouse18(t), "compress="+compress)
			c.SpeakOld()
			exec(t, c, "CREATE TABLE numbers (id UInt64, text String) ENGINE = MergeTree ORDER BY id")
			if err := stream(t.Context(), c, clickhouse.Insert{Table: "numbers"}, numbers(0, 1000), numbers(1000, 100_000), numbers(101_000, 10)); err != nil {
				t.Fatal(err)
			}
			if s, err := c.Stream(t.Context(), clickhouse.Insert{Table: "numbers"}); err != nil {
				t.Fatal(err)
			} else if err := s.Write(numbers(0, 1_000_000)); err != nil {
				t.Fatal(err)
			} else {
				s.Close() // nothing is stored
			}
			if got := line(t, c, "SELECT toString((count(), uniqExact(id))) FROM numbers"); got != "(101010,101010)" {
				t.Errorf("got %s, want (101010,101010)", got)
			}
		})
	}
}

func TestBlocksOfAStreamKnowTheirFiles(t *testing.T) {
	c := open(t)
	table := clickhouse.Table{Name: "numbers", SortingKey: "id", KnowsFiles: true, Columns: []clickhouse.Column{column("id", "UInt64"), column("text", "String")}}
	if err := c.EnsureTable(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time is the first again
		s, err := c.Stream(t.Context(), clickhouse.Insert{Table: "numbers", Token: "t", File: 7})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for file, rows := range []int{10, 0, 20, 30} {
			if err := s.WriteOf(numbers(100*file, rows), uint64(7+file)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	got := line(t, c, "SELECT toString(arraySort(groupArray((_longshore_file, n, from)))) FROM (SELECT _longshore_file, count() AS n, min(id) AS from FROM numbers GROUP BY 1)")
	if want := "[(7,10,0),(9,20,200),(10,30,300)]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
