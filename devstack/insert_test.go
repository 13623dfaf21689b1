package devstack_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

func TestInsertWithoutColumnsAndInOtherOrder(t *testing.T) {
	protocols(t, func(t *testing.T, c driver.Conn) {
		name := table(t)
		execute(t, c, "CREATE TABLE "+name+" (a UInt64, s String, m UInt64 MATERIALIZED a * 2) ENGINE = MergeTree ORDER BY a")
		insert(t, c, "INSERT INTO "+name, 0, 10)
		b, err := c.PrepareBatch(t.Context(), "INSERT INTO "+name+" (s, a)")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(b.Append("x", uint64(100)), b.Send()); err != nil {
			t.Fatal(err)
		}
		if got := scalar(t, c, "SELECT (count(), sum(a), sum(m)) FROM "+name); got != "(11,145,290)" {
			t.Errorf("got %s", got)
		}
	})
}

func TestInsertExceptions(t *testing.T) {
	c := open(t, "native")
	if _, err := c.PrepareBatch(t.Context(), "INSERT INTO nowhere_at_all"); code(err) != 60 {
		t.Errorf("unknown table: got %v", err)
	}
	execute(t, c, "CREATE TABLE refusing (a UInt64, s String, CONSTRAINT small CHECK a < 100) ENGINE = MergeTree ORDER BY a")
	if _, err := c.PrepareBatch(t.Context(), "INSERT INTO refusing (a, nope)"); code(err) != 16 {
		t.Errorf("unknown column: got %v", err)
	}
	b, err := c.PrepareBatch(t.Context(), "INSERT INTO refusing")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		if err := b.Append(uint64(i), "x"); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Send(); code(err) != 469 {
		t.Errorf("violated constraint: got %v", err)
	}
	if got := scalar(t, c, "SELECT count() FROM refusing"); got != "0" {
		t.Errorf("after a violated constraint: got %s rows", got)
	}
}

func TestDedup(t *testing.T) {
	protocols(t, func(t *testing.T, c driver.Conn) {
		name := table(t)
		execute(t, c, "CREATE TABLE "+name+" (a UInt64, s String) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 1000")
		token := func(v string) clickhouse.QueryOption {
			return clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": v})
		}
		for range 3 {
			insert(t, c, "INSERT INTO "+name, 0, 1000, token("first"))
		}
		insert(t, c, "INSERT INTO "+name, 0, 1000, token("second"))
		insert(t, c, "INSERT INTO "+name+" SETTINGS insert_deduplication_token = 'third'", 5000, 5001)
		insert(t, c, "INSERT INTO "+name+" SETTINGS insert_deduplication_token = 'third'", 6000, 6001)
		if got := scalar(t, c, "SELECT (count(), max(a)) FROM "+name); got != "(2001,5000)" {
			t.Errorf("got %s, want 2001 rows up to 5000", got)
		}
	})
}

func TestBlocksStayBlocks(t *testing.T) {
	client := dial(t)
	c := open(t, "native")
	for _, q := range []struct {
		name, settings string
		sizes          []int
		parts          string
	}{
		{"blocks_token", " SETTINGS insert_deduplication_token = 't'", []int{10, 1, 1_500_000}, "3"},
		{"blocks_joined", "", []int{10, 1, 100}, "1"},
	} {
		execute(t, c, "CREATE TABLE "+q.name+" (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 1000, max_bytes_to_merge_at_max_space_in_pool = 1")
		for range 2 {
			var a proto.ColUInt64
			sizes := q.sizes
			fill := func() {
				a.Reset()
				for i := range sizes[0] {
					a.Append(uint64(i))
				}
				sizes = sizes[1:]
			}
			fill()
			err := client.Do(t.Context(), ch.Query{
				Body: "INSERT INTO " + q.name + " (a)" + q.settings + " VALUES", Input: proto.Input{{Name: "a", Data: &a}},
				OnInput: func(context.Context) error {
					if len(sizes) == 0 {
						a.Reset()
						return errEnd
					}
					fill()
					return nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			if q.settings == "" {
				break
			}
		}
		total := 0
		for _, n := range q.sizes {
			total += n
		}
		want := fmt.Sprintf("(%s,%d)", q.parts, total)
		if got := scalar(t, c, "SELECT (count(), sum(rows)) FROM system.parts WHERE active AND table = '"+q.name+"'"); got != want {
			t.Errorf("%s: got %s parts and rows, want %s", q.name, got, want)
		}
	}
}

func TestMillionRows(t *testing.T) {
	protocols(t, func(t *testing.T, c driver.Conn) {
		const rows = 1_000_000
		name := table(t)
		execute(t, c, "CREATE TABLE "+name+" (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
		numbers, texts := make([]uint64, rows), make([]string, rows)
		for i := range numbers {
			numbers[i], texts[i] = uint64(i), "some text"
		}
		b, err := c.PrepareBatch(t.Context(), "INSERT INTO "+name)
		if err != nil {
			t.Fatal(err)
		}
		started := time.Now()
		if err := errors.Join(b.Column(0).Append(numbers), b.Column(1).Append(texts), b.Send()); err != nil {
			t.Fatal(err)
		}
		t.Logf("%.2f million rows a second", rows/time.Since(started).Seconds()/1e6)
		if got := scalar(t, c, "SELECT (count(), sum(a), sum(length(s))) FROM "+name); got != "(1000000,499999500000,9000000)" {
			t.Errorf("got %s", got)
		}
		execute(t, c, "DROP TABLE "+name+" SYNC")
	})
}

func TestLongInsert(t *testing.T) {
	const blocks, rows = 100, 20_000
	client := dial(t)
	execute(t, open(t, "native"), "CREATE TABLE long_insert (a UInt64, s String) ENGINE = Null")
	before, most := residentBytes(t), int64(0)
	var a proto.ColUInt64
	var s proto.ColStr
	text := strings.Repeat("x", 1000)
	for i := range rows {
		a.Append(uint64(i))
		s.Append(text)
	}
	sent := 1
	var written uint64
	err := client.Do(t.Context(), ch.Query{
		Body: "INSERT INTO long_insert VALUES", Input: proto.Input{{Name: "a", Data: &a}, {Name: "s", Data: &s}},
		// By default the engine joins blocks up to 256 MiB and holds several of these, which would hide the front's own memory.
		Settings:   []ch.Setting{{Key: "min_insert_block_size_bytes", Value: "1"}, {Key: "min_insert_block_size_rows", Value: "1"}},
		OnProgress: func(_ context.Context, p proto.Progress) error { written += p.WroteRows; return nil },
		OnInput: func(context.Context) error {
			most = max(most, residentBytes(t))
			if sent++; sent > blocks {
				a.Reset()
				s.Reset()
				return errEnd
			}
			return nil
		},
	})
	if err != nil || written != blocks*rows {
		t.Errorf("got %d rows written, %v", written, err)
	}
	grown := most - before
	t.Logf("an INSERT of 2 GB took %d MB", grown>>20)
	if grown > 1<<30 {
		t.Error("the memory grows with the data")
	}
}

func TestAsyncInsert(t *testing.T) {
	protocols(t, func(t *testing.T, c driver.Conn) {
		name := table(t)
		execute(t, c, "CREATE TABLE "+name+" (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
		async := clickhouse.WithSettings(clickhouse.Settings{"async_insert": 1, "wait_for_async_insert": 0})
		insert(t, c, "INSERT INTO "+name, 0, 10, async)
		if err := c.Exec(clickhouse.Context(t.Context(), async), "INSERT INTO "+name+" VALUES (10, 'x')"); err != nil {
			t.Fatal(err)
		}
		if got := scalar(t, c, "SELECT count() FROM "+name); got != "11" {
			t.Errorf("got %s rows", got)
		}
	})
}
