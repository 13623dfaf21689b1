package devstack_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

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

// TestBlocksStayBlocks sends three blocks in one INSERT; with a token each must become a part of its own, whatever
// its size, and without one they are joined.
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

func TestCancel(t *testing.T) {
	endless := map[string]string{
		"streaming":   "SELECT number, sleepEachRow(0.001) FROM system.numbers SETTINGS max_block_size = 10",
		"aggregating": "SELECT max(sipHash64(number)) FROM numbers(100000000000)",
		"not read":    "SELECT number FROM system.numbers",
	}
	for name, sql := range endless {
		for _, protocol := range []string{"native", "http"} {
			t.Run(name+"/"+protocol, func(t *testing.T) {
				c := open(t, protocol)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				marker := "marker_" + table(t)
				done := make(chan struct{})
				go func() {
					defer close(done)
					rows, err := c.Query(ctx, sql+" /* "+marker+" */")
					if err != nil {
						return
					}
					defer rows.Close()
					for rows.Next() && name != "not read" {
					}
					<-ctx.Done()
				}()
				running := "SELECT count() FROM system.processes WHERE query LIKE '%" + marker + "%' AND query NOT LIKE '%processes%'"
				eventually(t, "the query runs", func() bool { return scalar(t, open(t, "native"), running) == "1" })
				cancel()
				<-done
				eventually(t, "the query is gone", func() bool { return scalar(t, open(t, "native"), running) == "0" })
			})
		}
	}
}

// eventually fails when ok is not true within a minute.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("not within a minute: %s", what)
		case <-tick.C:
		}
	}
}

func TestKillQuery(t *testing.T) {
	protocols(t, func(t *testing.T, c driver.Conn) {
		id := table(t)
		failed := make(chan error, 1)
		go func() {
			ctx := clickhouse.Context(t.Context(), clickhouse.WithQueryID(id))
			failed <- c.QueryRow(ctx, "SELECT max(sipHash64(number)) FROM numbers(100000000000) /* "+id+" */").Err()
		}()
		eventually(t, "the query is killed", func() bool {
			execute(t, open(t, "native"), "KILL QUERY WHERE query_id = '"+id+"'")
			select {
			case err := <-failed:
				if code(err) != 394 {
					t.Errorf("got %v, want 394", err)
				}
				return true
			default:
				return false
			}
		})
	})
}

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
	if grown := most - before; grown > 1<<30 {
		t.Errorf("an INSERT of 2 GB took %d MB", grown>>20)
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

// TestManyCancels leaves behind far more endless queries than there are cores; all of them must end.
func TestManyCancels(t *testing.T) {
	for _, protocol := range []string{"native", "http"} {
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				if err := open(t, protocol).Exec(ctx, "SELECT max(sipHash64(number)) FROM numbers(100000000000)"); err == nil {
					t.Error("an endless query ended")
				}
			})
		}
		wg.Wait()
		eventually(t, "all queries are gone", func() bool {
			return scalar(t, open(t, "native"), "SELECT countIf(query LIKE '%sipHash64%' AND query NOT LIKE '%processes%') FROM system.processes") == "0"
		})
	}
}
