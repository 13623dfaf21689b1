package servertest

import (
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
)

func TestClickHouse18ComesBackWhenKilled(t *testing.T) {
	addr, server := StartClickHouse18(t)
	execClickHouse(t, addr, "CREATE TABLE kept (n UInt64) ENGINE = MergeTree ORDER BY n")
	execClickHouse(t, addr, "INSERT INTO kept SELECT number FROM system.numbers LIMIT 1000")
	server.Kill(t)
	server.Restart(t)
	if got := countClickHouse(t, addr, "kept"); got != 1000 {
		t.Fatalf("after the restart got %d rows, want 1000", got)
	}
}

func TestClickHouse18DatabaseIsFresh(t *testing.T) {
	addr := ClickHouse18(t)
	for range 2 {
		execClickHouse(t, addr, "CREATE TABLE "+ClickHouseDatabase(t, addr)+".fresh (n UInt8) ENGINE = Memory")
	}
}

func countClickHouse(t *testing.T, nativeAddr, table string) (rows uint64) {
	t.Helper()
	conn, err := clickhouse.Open(&clickhouse.Options{Addr: []string{nativeAddr}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.QueryRow(t.Context(), "SELECT count() FROM "+table).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	return rows
}
