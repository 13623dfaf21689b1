package devstack_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// protocols runs a test with clickhouse-go over both protocols, with and without compression.
func protocols(t *testing.T, test func(t *testing.T, c driver.Conn)) {
	for _, protocol := range []string{"native", "http"} {
		for name, method := range map[string]clickhouse.CompressionMethod{
			"plain": clickhouse.CompressionNone, "lz4": clickhouse.CompressionLZ4, "zstd": clickhouse.CompressionZSTD,
		} {
			t.Run(protocol+"/"+name, func(t *testing.T) {
				test(t, open(t, protocol, func(o *clickhouse.Options) {
					o.Compression = &clickhouse.Compression{Method: method}
				}))
			})
		}
	}
}

// table returns a table name of this test alone.
func table(t *testing.T) string {
	return strings.NewReplacer("/", "_", "#", "_").Replace(t.Name())
}

func insert(t *testing.T, c driver.Conn, sql string, from, to int, options ...clickhouse.QueryOption) {
	t.Helper()
	ctx := clickhouse.Context(t.Context(), options...)
	b, err := c.PrepareBatch(ctx, sql)
	if err != nil {
		t.Fatal(err)
	}
	for i := from; i < to; i++ {
		if err := b.Append(uint64(i), fmt.Sprint("row ", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Send(); err != nil {
		t.Fatal(err)
	}
}

func TestCreateInsertSelectAlter(t *testing.T) {
	protocols(t, func(t *testing.T, c driver.Conn) {
		name := table(t)
		execute(t, c, "CREATE TABLE "+name+" (a UInt64, s String, d DateTime DEFAULT now(), m UInt64 MATERIALIZED a * 2, l UInt64 ALIAS a * 3) ENGINE = MergeTree ORDER BY a")
		insert(t, c, "INSERT INTO "+name+" (a, s)", 0, 1000)
		execute(t, c, "INSERT INTO "+name+" (s, a) VALUES ('inline', 1000), (concat('in', 'line'), 1000 + 1)")
		execute(t, c, "INSERT INTO "+name+" (a, s) SELECT number, 'selected' FROM numbers(2000, 10)")
		execute(t, c, "ALTER TABLE "+name+" ADD COLUMN x Nullable(Int32)")
		if got := scalar(t, c, "SELECT (count(), sum(m), sum(l), countIf(d > now() - 60), countIf(x IS NULL)) FROM "+name); got != "(1012,1043092,1564638,1012,1012)" {
			t.Errorf("got %s", got)
		}
		rows, err := c.Query(t.Context(), "SELECT a, s FROM "+name+" WHERE a < 3 ORDER BY a FORMAT JSON")
		if err == nil && strings.HasPrefix(t.Name(), "TestCreateInsertSelectAlter/native") {
			defer rows.Close()
			for want := uint64(0); rows.Next(); want++ {
				var a uint64
				var s string
				if err := rows.Scan(&a, &s); err != nil || a != want || s != fmt.Sprint("row ", a) {
					t.Errorf("got %d %q %v, want row %d", a, s, err, want)
				}
			}
		}
	})
}

func TestExceptions(t *testing.T) {
	protocols(t, func(t *testing.T, c driver.Conn) {
		for _, q := range []struct {
			sql  string
			code int32
			text string
		}{
			{"SELECT * FROM nowhere_at_all", 60, "nowhere_at_all"},
			{"SELECT * FROM nodatabase.t", 81, "nodatabase"},
			{"SELEC 1", 62, "Syntax error"},
			{"SELECT nofunction(1)", 46, "nofunction"},
			{"SELECT nocolumn", 47, "nocolumn"},
			{"SELECT toUInt8('x')", 6, "x"},
			{"SELECT 1; SELECT 2", 62, "Multi-statements"},
			{"SELECT max(sipHash64(number)) FROM numbers(100000000000) SETTINGS max_execution_time = 0.2", 159, "Timeout exceeded"},
			{"SELECT groupArray(number) FROM numbers(100000000) SETTINGS max_memory_usage = 10000000", 241, "emory limit"},
			{"SELECT throwIf(number = 400000) FROM numbers(500000)", 395, "throwIf"},
			{"INSERT INTO nowhere_at_all SELECT 1", 60, "nowhere_at_all"},
		} {
			rows, err := c.Query(t.Context(), q.sql)
			if err == nil {
				for rows.Next() {
				}
				err = rows.Err()
				rows.Close()
			}
			var e *clickhouse.Exception
			if !errors.As(err, &e) || e.Code != q.code || !strings.Contains(e.Message, q.text) || strings.Contains(e.Message, "DB::Exception") {
				t.Errorf("%s: got %v, want code %d with %q", q.sql, err, q.code, q.text)
			}
		}
		if got := scalar(t, c, "SELECT 1"); got != "1" {
			t.Errorf("after exceptions: got %s", got)
		}
	})
}

func code(err error) int32 {
	var e *clickhouse.Exception
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

func TestQueryParameters(t *testing.T) {
	protocols(t, func(t *testing.T, c driver.Conn) {
		text := "it's a \\ back\nslash\tand {x:String}"
		var got string
		var n uint64
		err := c.QueryRow(t.Context(), "SELECT {text:String}, {n:UInt64}",
			clickhouse.Named("text", text), clickhouse.Named("n", "42")).Scan(&got, &n)
		if err != nil || got != text || n != 42 {
			t.Errorf("got %q %d %v, want %q 42", got, n, err, text)
		}
	})
}

func TestSettingsDoNotLeak(t *testing.T) {
	protocols(t, func(t *testing.T, _ driver.Conn) {
		protocol := strings.Split(t.Name(), "/")[1]
		c := open(t, protocol, func(o *clickhouse.Options) { o.MaxOpenConns, o.MaxIdleConns = 1, 1 })
		value := "SELECT (getSetting('max_block_size'), getSetting('max_threads') > 0)"
		before := scalar(t, c, value)
		var during uint64
		ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"max_block_size": 1234}))
		if err := c.QueryRow(ctx, "SELECT toUInt64(getSetting('max_block_size'))").Scan(&during); err != nil || during != 1234 {
			t.Errorf("during: got %d %v, want 1234", during, err)
		}
		if _, err := c.Query(ctx, "SELECT * FROM nowhere_at_all"); code(err) != 60 {
			t.Errorf("got %v", err)
		}
		if after := scalar(t, c, value); after != before {
			t.Errorf("after: got %s, want %s", after, before)
		}
		ctx = clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"no_such_setting": 1}))
		if err := c.Exec(ctx, "SELECT 1"); code(err) != 115 {
			t.Errorf("unknown setting: got %v", err)
		}
	})
}

func TestSessionSettings(t *testing.T) {
	c := open(t, "native", func(o *clickhouse.Options) { o.MaxOpenConns, o.MaxIdleConns = 1, 1 })
	execute(t, c, "SET max_block_size = 777")
	ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"max_block_size": 1234}))
	if err := c.Exec(ctx, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	if got := scalar(t, c, "SELECT getSetting('max_block_size')"); got != "777" {
		t.Errorf("got %s, want the session's own 777", got)
	}
	execute(t, c, "CREATE DATABASE IF NOT EXISTS elsewhere")
	execute(t, c, "USE elsewhere")
	execute(t, c, "CREATE TEMPORARY TABLE temp (a UInt8)")
	execute(t, c, "INSERT INTO temp VALUES (7)")
	if got := scalar(t, c, "SELECT (currentDatabase(), (SELECT sum(a) FROM temp))"); got != "('elsewhere',7)" {
		t.Errorf("got %s", got)
	}
}

// TestBlocksStayBlocks sends three blocks in one INSERT; with a token each must become a part of its own, whatever
// its size, and without one they are joined.
func dial(t *testing.T, change ...func(*ch.Options)) *ch.Client {
	t.Helper()
	options := ch.Options{Address: strings.TrimSuffix(strings.TrimPrefix(stack.Env()["LONGSHORE_CLICKHOUSE_URL"], "clickhouse://default@"), "/default"), Compression: ch.CompressionLZ4}
	for _, c := range change {
		c(&options)
	}
	client, err := ch.Dial(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func TestChGo(t *testing.T) {
	for name, compression := range map[string]ch.Compression{"plain": ch.CompressionDisabled, "lz4": ch.CompressionLZ4, "zstd": ch.CompressionZSTD} {
		t.Run(name, func(t *testing.T) {
			client := dial(t, func(o *ch.Options) { o.Compression = compression })
			ctx := t.Context()
			if err := client.Ping(ctx); err != nil {
				t.Fatal(err)
			}
			table := "chgo_" + name
			if err := client.Do(ctx, ch.Query{Body: "CREATE TABLE " + table + " (a UInt64, s LowCardinality(String), n Nullable(Int32), t Array(String)) ENGINE = MergeTree ORDER BY a"}); err != nil {
				t.Fatal(err)
			}
			var a proto.ColUInt64
			s := new(proto.ColStr).LowCardinality()
			n := new(proto.ColInt32).Nullable()
			list := new(proto.ColStr).Array()
			for i := range 100_000 {
				a.Append(uint64(i))
				s.Append([]string{"x", "y", "z"}[i%3])
				n.Append(proto.Nullable[int32]{Set: i%2 == 0, Value: int32(i)})
				list.Append([]string{"a", "b"}[:i%3%2])
			}
			input := proto.Input{{Name: "a", Data: &a}, {Name: "s", Data: s}, {Name: "n", Data: n}, {Name: "t", Data: list}}
			if err := client.Do(ctx, ch.Query{Body: input.Into(table), Input: input}); err != nil {
				t.Fatal(err)
			}
			var count, sum, ys, lists proto.ColUInt64
			var progress uint64
			err := client.Do(ctx, ch.Query{
				Body:       "SELECT count() c, sum(n)::UInt64 total, countIf(s = 'y') y, sum(length(t)) l FROM " + table + " WHERE a >= {low:UInt64}",
				Parameters: ch.Parameters(map[string]any{"low": 1}),
				Settings:   []ch.Setting{ch.SettingInt("max_threads", 1)},
				OnProgress: func(_ context.Context, p proto.Progress) error { progress += p.Rows; return nil },
				Result:     proto.Results{{Name: "c", Data: &count}, {Name: "total", Data: &sum}, {Name: "y", Data: &ys}, {Name: "l", Data: &lists}},
			})
			if err != nil || count.Row(0) != 99_999 || sum.Row(0) != 2499950000 || ys.Row(0) != 33333 || lists.Row(0) != 33333 {
				t.Errorf("got %v %v %v %v %v", count, sum, ys, lists, err)
			}
			if progress != 100_000 {
				t.Errorf("progress: got %d rows read, want 100000", progress)
			}
			err = client.Do(ctx, ch.Query{Body: "SELECT * FROM nowhere_at_all"})
			if !ch.IsErr(err, proto.ErrUnknownTable) {
				t.Errorf("got %v, want unknown table", err)
			}
		})
	}
}

func TestExternalTables(t *testing.T) {
	protocols(t, func(t *testing.T, c driver.Conn) {
		external, err := extTable()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			ctx := clickhouse.Context(t.Context(), clickhouse.WithExternalTable(external))
			var sum uint64
			if err := c.QueryRow(ctx, "SELECT sum(a) FROM wanted").Scan(&sum); err != nil || sum != 6 {
				t.Errorf("got %d %v, want 6", sum, err)
			}
		}
	})
}

func TestConcurrency(t *testing.T) {
	for _, protocol := range []string{"native", "http"} {
		t.Run(protocol, func(t *testing.T) {
			name := table(t)
			execute(t, open(t, protocol), "CREATE TABLE "+name+" (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
			var wg sync.WaitGroup
			for worker := range 8 {
				c := open(t, protocol)
				wg.Go(func() {
					for i := range 5 {
						from := (worker*5 + i) * 1000
						insert(t, c, "INSERT INTO "+name, from, from+1000)
						want := fmt.Sprint(from, ",", from+999)
						if got := scalar(t, c, fmt.Sprintf("SELECT concat(min(a), ',', max(a)) FROM %s WHERE a >= %d AND a < %d", name, from, from+1000)); got != want {
							t.Errorf("got %s, want %s", got, want)
						}
					}
				})
			}
			wg.Wait()
			if got := scalar(t, open(t, protocol), "SELECT (count(), uniqExact(a)) FROM "+name); got != "(40000,40000)" {
				t.Errorf("got %s", got)
			}
		})
	}
}

// eventually fails when ok is not true within a minute.
// TestStreamMemory reads a result larger than what the process may use for it.
func TestStreamMemory(t *testing.T) {
	c := open(t, "native")
	before := residentBytes(t)
	rows, err := c.Query(t.Context(), "SELECT number, repeat('x', 1000) FROM numbers(2000000)")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n, most := 0, int64(0)
	var text string
	for ; rows.Next(); n++ {
		if n%50_000 == 0 {
			most = max(most, residentBytes(t))
			if err := rows.Scan(new(uint64), &text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := rows.Err(); err != nil || n != 2_000_000 {
		t.Fatalf("got %d rows, %v", n, err)
	}
	if grown := most - before; grown > 1<<30 {
		t.Errorf("a result of 2 GB took %d MB", grown>>20)
	}
}

func TestEmptyResultHasColumns(t *testing.T) {
	client := dial(t)
	var a proto.ColUInt64
	var s proto.ColStr
	if err := client.Do(t.Context(), ch.Query{Body: "SELECT number AS a, toString(number) AS s FROM numbers(0)", Result: proto.Results{{Name: "a", Data: &a}, {Name: "s", Data: &s}}}); err != nil {
		t.Error(err)
	}
	c := open(t, "native")
	for _, sql := range []string{"SELECT 1 AS a, 'x' AS b WHERE 0", "SHOW TABLES LIKE 'nothing at all'"} {
		rows, err := c.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows.Columns()) == 0 {
			t.Errorf("%s: no columns", sql)
		}
		rows.Close()
	}
}

func TestLogin(t *testing.T) {
	for _, protocol := range []string{"native", "http"} {
		c := open(t, protocol, func(o *clickhouse.Options) { o.Auth.Password = "wrong" })
		if err := c.Ping(t.Context()); code(err) != 516 {
			t.Errorf("%s: wrong password: got %v, want 516", protocol, err)
		}
		c = open(t, protocol, func(o *clickhouse.Options) { o.Auth.Database = "nodatabase" })
		if err := c.Ping(t.Context()); code(err) != 81 {
			t.Errorf("%s: unknown database: got %v, want 81", protocol, err)
		}
	}
}

func TestGarbageDoesNoHarm(t *testing.T) {
	address := strings.TrimSuffix(strings.TrimPrefix(stack.Env()["LONGSHORE_CLICKHOUSE_URL"], "clickhouse://default@"), "/default")
	for _, garbage := range [][]byte{[]byte("GET / HTTP/1.1\r\n\r\n"), {0}, {1, 2, 3}, bytes.Repeat([]byte{0xff}, 1000), {0, 1, 'x', 1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f}} {
		send(t, address, garbage)
	}
	if got := scalar(t, open(t, "native"), "SELECT 1"); got != "1" {
		t.Errorf("got %s", got)
	}
}

// TestLongInsert sends a hundred blocks in one INSERT, more than the process may hold.
// TestManyCancels leaves behind far more endless queries than there are cores; all of them must end.
