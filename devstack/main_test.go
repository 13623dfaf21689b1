package devstack_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/longshore/longshore/devstack"
	"github.com/longshore/longshore/devstack/chdb"
)

// stack is one stack for all tests of the package: a process can have no more.
var stack *devstack.Stack

func TestMain(m *testing.M) {
	var err error
	if library, err = chdb.Find(); err != nil {
		fmt.Println("skipped:", err)
		return
	}
	os.Exit(withStack(m))
}

func withStack(m *testing.M) int {
	var err error
	if moduleDir, err = os.Getwd(); err != nil { // the stack changes it
		panic(err)
	}
	if scratch, err = os.MkdirTemp("", "devstack-test-"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(scratch)
	config := devstack.Config{DataDir: filepath.Join(scratch, "data"), NoBinary: true}
	for range 2 { // closed and started again, a process has a working stack
		if stack != nil {
			if err := stack.Close(); err != nil {
				panic(err)
			}
		}
		if stack, err = devstack.Start(context.Background(), config); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if err := stack.Close(); err != nil {
		fmt.Println("close:", err)
		return 1
	}
	return code
}

// moduleDir is the folder of this package, library the path of libchdb, and scratch a folder that goes at the end.
var moduleDir, library, scratch string

// open connects with clickhouse-go; protocol is "native" or "http", options may change anything.
func open(t *testing.T, protocol string, change ...func(*clickhouse.Options)) driver.Conn {
	t.Helper()
	address := stack.Env()["LONGSHORE_CLICKHOUSE_URL"]
	if protocol == "http" {
		address = stack.Env()["LONGSHORE_CLICKHOUSE_HTTP_URL"]
	}
	options, err := clickhouse.ParseDSN(address)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(options)
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func execute(t *testing.T, conn driver.Conn, sql string, args ...any) {
	t.Helper()
	if err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// scalar returns the only value of a query, as text.
func scalar(t *testing.T, conn driver.Conn, sql string, args ...any) string {
	t.Helper()
	var value string
	if err := conn.QueryRow(t.Context(), "SELECT toString(("+sql+"))", args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}
