package clickhouse_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
)

// both calls an append and a query: they use different drivers.
func both(t *testing.T, c *clickhouse.Client, check func(err error)) {
	t.Helper()
	check(c.Append(t.Context(), clickhouse.Insert{Table: "numbers", Block: numbers(0, 1)}))
	check(c.Ping(t.Context()))
}

func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	c := client(t, "clickhouse://default:hush@"+listener.Addr().String()+"/shop")
	both(t, c, func(err error) {
		wantFault(t, err, fault.Temporary, "connection warehouse", listener.Addr().String()+" is unreachable", "connection refused")
	})
}

func TestServerHangsUp(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	c := client(t, "clickhouse://default:hush@"+listener.Addr().String()+"/shop")
	both(t, c, func(err error) {
		wantFault(t, err, fault.Temporary, "connection warehouse")
		if strings.Contains(err.Error(), "hush") {
			t.Errorf("the password is in %q", err)
		}
	})
}

func TestServerThatIsNoClickHouseForTLS(t *testing.T) {
	c := client(t, "clickhouse://default@"+servertest.ClickHouse18(t)+"/default?secure=true")
	both(t, c, func(err error) {
		if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.Temporary { // it may just hang up
			t.Errorf("got kind %v: %v", kind, err)
		}
	})
}

func TestWrongLogin(t *testing.T) {
	addr := servertest.ClickHouse18(t)
	c := client(t, "clickhouse://nobody:hush@"+addr+"/default")
	c.SpeakOld()
	both(t, c, func(err error) {
		wantFault(t, err, fault.Denied, "connection warehouse", "UNKNOWN_USER (192)", "check the user and password")
		if strings.Contains(err.Error(), "hush") {
			t.Errorf("the password is in %q", err)
		}
	})
}

func TestMissingDatabase(t *testing.T) {
	c := client(t, "clickhouse://default@"+servertest.ClickHouse(t).Native+"/no_such_database")
	both(t, c, func(err error) {
		wantFault(t, err, fault.NotFound, "UNKNOWN_DATABASE (81)", "create the database")
	})
}

func TestErrorsOfStatements(t *testing.T) {
	c := open(t)
	exec(t, c, numbersTable)
	tests := []struct {
		name, statement string
		kind            fault.Kind
		text            string
	}{
		{"syntax", "SELEC 1", fault.Invalid, "SYNTAX_ERROR (62)"},
		{"identifier", "SELECT nothing FROM numbers", fault.Invalid, "UNKNOWN_IDENTIFIER (47)"},
		{"table", "SELECT * FROM missing", fault.NotFound, "UNKNOWN_TABLE (60)"},
		{"exists", numbersTable, fault.Conflict, "TABLE_ALREADY_EXISTS (57)"},
		{"timeout", "SELECT sleepEachRow(1) FROM numbers(100) SETTINGS max_execution_time = 1, max_block_size = 1", fault.Temporary, "TIMEOUT_EXCEEDED (159)"},
		{"memory", "SELECT groupArray(number) FROM numbers(100000000) SETTINGS max_memory_usage = 10000000", fault.Throttled, "MEMORY_LIMIT_EXCEEDED (241)"},
		{"data", "SELECT toUInt8('x')", fault.Invalid, "CANNOT_PARSE_TEXT (6)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := c.Exec(t.Context(), "try it", tt.statement)
			wantFault(t, err, tt.kind, "connection warehouse: try it: ", tt.text)
			if strings.Contains(err.Error(), "DB::Exception") {
				t.Errorf("got %q, want it without the server's type of error", err)
			}
		})
	}
}

func TestTooManyPartsThrottles(t *testing.T) {
	c := open(t)
	exec(t, c, "CREATE TABLE numbers (id UInt64, text String) ENGINE = MergeTree ORDER BY id SETTINGS parts_to_throw_insert = 1, parts_to_delay_insert = 0")
	exec(t, c, "SYSTEM STOP MERGES "+clickhouse.Path(c.Database(), "numbers"))
	var err error
	for i := 0; i < 5 && err == nil; i++ {
		err = c.Append(t.Context(), clickhouse.Insert{Table: "numbers", Block: numbers(i, 1)})
	}
	wantFault(t, err, fault.Throttled, "TOO_MANY_PARTS (252)", "append less often")
}

func TestAppendInFlightIsCanceled(t *testing.T) {
	c := open(t)
	exec(t, c, "CREATE TABLE slow (id UInt64, text String, x UInt8 MATERIALIZED sleepEachRow(0.0025)) ENGINE = MergeTree ORDER BY id")
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- c.Append(ctx, clickhouse.Insert{Table: "slow", Block: numbers(0, 1000)}) }() // 2.5 s
	for line(t, c, "SELECT toString(count()) FROM system.processes WHERE query LIKE 'INSERT INTO%slow%'") == "0" {
		if t.Context().Err() != nil || len(result) > 0 {
			break
		}
	}
	cancel()
	wantFault(t, <-result, fault.Canceled)
}

func TestConfig(t *testing.T) {
	tests := []struct {
		name string
		cfg  clickhouse.Config
		want string
	}{
		{"no URL", clickhouse.Config{}, "not like clickhouse://"},
		{"not a URL", clickhouse.Config{URL: def.NewSecret("clickhouse://u:hush@h:port/x")}, "not like clickhouse://"},
		{"HTTP", clickhouse.Config{URL: def.NewSecret("http://u:hush@h:8123/x")}, "native protocol"},
		{"parameter", clickhouse.Config{URL: def.NewSecret("clickhouse://u:hush@h/x?secur=true")}, `unknown parameter "secur"`},
		{"compression", clickhouse.Config{URL: def.NewSecret("clickhouse://u:hush@h/x?compress=gzip")}, "compress=gzip"},
		{"authority", clickhouse.Config{URL: def.NewSecret("clickhouse://u:hush@h/x"), TLS: "verify", CACert: "/no/such"}, "CA certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.Name = "warehouse"
			_, err := clickhouse.Open(tt.cfg)
			wantFault(t, err, fault.Invalid, "connection warehouse: ", tt.want)
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("the password is in %q", err)
			}
		})
	}
}
