package servertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
)

var sharedClickHouse18 = shared[string]{start: startClickHouse18}

// ClickHouse18 returns the native address, host:port, of this test binary's ClickHouse 18.16: the server that Debian
// packages, real but too old for most of what we do. It proves the wire protocol; ClickHouse is for all else.
func ClickHouse18(t testing.TB) (nativeAddr string) {
	t.Helper()
	return sharedClickHouse18.get(t, "ClickHouse 18")
}

// StartClickHouse18 starts a ClickHouse 18.16 for this test alone.
func StartClickHouse18(t testing.TB) (nativeAddr string, server *Server) {
	t.Helper()
	return own(t, "ClickHouse 18", startClickHouse18)
}

func startClickHouse18() (string, *Server, error) {
	at, err := newSite("clickhouse18", "clickhouse-server", "/usr/sbin")
	if err != nil {
		return "", nil, err
	}
	config := filepath.Join(at.dir, "config.xml")
	if err := os.WriteFile(config, fmt.Appendf(nil, clickHouse18Config, at.dir, at.port, ClickHouse18Cluster), 0o600); err != nil {
		return "", nil, err
	}
	server := &Server{
		name: "clickhouse18",
		dir:  at.dir,
		command: func() *exec.Cmd {
			cmd := exec.Command(at.program, "--config-file="+config)
			cmd.Dir = at.dir
			return cmd
		},
		ready: func(ctx context.Context) error { return pingClickHouse(ctx, at.addr) },
	}
	return at.addr, server, server.start(context.Background())
}

// ClickHouse18Cluster is the name of a cluster that such a server alone is.
const ClickHouse18Cluster = "itself"

// clickHouse18Config is one file for server and users, with the folder, the native port and a cluster's name to fill in.
const clickHouse18Config = `<?xml version="1.0"?>
<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <path>%[1]s/data/</path>
  <tmp_path>%[1]s/tmp/</tmp_path>
  <user_files_path>%[1]s/files/</user_files_path>
  <format_schema_path>%[1]s/schemas/</format_schema_path>
  <listen_host>127.0.0.1</listen_host>
  <tcp_port>%[2]d</tcp_port>
  <remote_servers><%[3]s><shard><internal_replication>true</internal_replication>
    <replica><host>127.0.0.1</host><port>%[2]d</port></replica></shard></%[3]s></remote_servers>
  <mark_cache_size>268435456</mark_cache_size>
  <users_config>config.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users><default>
    <password/>
    <networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
  </default></users>
</yandex>
`

// ClickHouseDatabase makes a fresh database on a ClickHouse of either generation and drops it when the test ends.
func ClickHouseDatabase(t testing.TB, nativeAddr string) (name string) {
	t.Helper()
	name = "test_" + uniqueName()
	execClickHouse(t, nativeAddr, "CREATE DATABASE "+name)
	t.Cleanup(func() { execClickHouse(t, nativeAddr, "DROP DATABASE IF EXISTS "+name) })
	return name
}

func pingClickHouse(ctx context.Context, nativeAddr string) error {
	conn, err := clickhouse.Open(&clickhouse.Options{Addr: []string{nativeAddr}})
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Ping(ctx)
}

func execClickHouse(t testing.TB, nativeAddr, statement string) {
	t.Helper()
	conn, err := clickhouse.Open(&clickhouse.Options{Addr: []string{nativeAddr}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Exec(context.Background(), statement); err != nil { // t.Context has ended in clean-ups
		t.Fatalf("%s: %v", statement, err)
	}
}
