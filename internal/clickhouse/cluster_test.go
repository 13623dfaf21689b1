package clickhouse_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/schema"
)

// spread is a connection whose rows are spread over the shards of a cluster. It
// is never connected: no cluster can run here.
func spread(t *testing.T, parameters string) *clickhouse.Client {
	t.Helper()
	return client(t, "clickhouse://default@127.0.0.1:1/shop?"+parameters)
}

// visits is a datasource's table with everything that a cluster has to do with.
func visits() clickhouse.Table {
	return clickhouse.Table{
		Name: "visits", Comment: "Who came", Engine: "ReplicatedReplacingMergeTree", Version: "version", KnowsFiles: true, Extend: true,
		Columns: []clickhouse.Column{
			column("id", "UInt64"), {Name: "at", Type: schema.MustParseType("DateTime64(3, 'UTC')"), Default: "now64(3)", Codec: "Delta(8), ZSTD(1)"},
			column("page", "LowCardinality(String)"), column("version", "UInt32"), clickhouse.TheFileColumn(),
		},
		Indexes:      []clickhouse.Index{{Name: "by_page", Expr: "page", Type: "set(100)", Granularity: 2}},
		PartitionKey: "toYYYYMM(at)", SortingKey: "id, at", PrimaryKey: "id", TTL: "toDateTime(at) + INTERVAL 1 YEAR",
		Settings: []clickhouse.Setting{{Name: "index_granularity", Value: "1024"}},
	}
}

// statements is the DDL of a distributed connection, by the name of its golden file.
func statements(t *testing.T) map[string][]string {
	c := spread(t, "cluster=main&distributed=true")
	table := c.Located(visits())
	chosen := table
	chosen.ShardingKey = "cityHash64(page)"
	macro := spread(t, "cluster=%7Bcluster%7D&distributed=true").Located(orders())
	return map[string][]string{
		"distributed": table.Statements(), "distributed_quarantine": clickhouse.Quarantine(table).Statements(),
		"distributed_files": c.Files().Statements(), "distributed_chosen": chosen.Statements(), "distributed_macro": macro.Statements(),
		"distributed_column": table.Additions(clickhouse.Column{Name: "extra", Type: schema.MustParseType("Nullable(Float64)"), Codec: "Gorilla, ZSTD(1)"}),
		"replicated_files":   spread(t, "cluster=main").Files().Statements(),
	}
}

func TestStatementsOfAClusterAreAsWritten(t *testing.T) {
	for name, all := range statements(t) {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(all, "\n\n") + "\n"
			file := filepath.Join("testdata", name+".sql")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// The engine that will run the statements reads them, and reads what they say:
// the same again when it has formatted them.
func TestTheEngineReadsStatementsOfACluster(t *testing.T) {
	c := open(t)
	for name, all := range statements(t) {
		for _, statement := range all {
			tree := line(t, c, "EXPLAIN AST "+statement)
			if !strings.Contains(tree, "CreateQuery") && !strings.Contains(tree, "AlterQuery") {
				t.Errorf("%s: got %s", name, tree)
			}
			formatted := line(t, c, "SELECT formatQuery("+clickhouse.Literal(statement)+")")
			if !strings.Contains(formatted, "ON CLUSTER") {
				t.Errorf("%s: the cluster is lost: %s", name, formatted)
			}
			if again := line(t, c, "EXPLAIN AST "+formatted); again != tree {
				t.Errorf("%s: got\n%s\nwant\n%s", name, again, tree)
			}
		}
	}
}

func TestInsertsBehindADistributedTableAreAnswered(t *testing.T) {
	in := clickhouse.Insert{Table: "visits", Token: "t"}
	plain := spread(t, "").Settings(in)
	got := spread(t, "cluster=main&distributed=true&insert_quorum=auto").Settings(in)
	for _, want := range []string{
		"distributed_foreground_insert = 1", "insert_distributed_sync = 1", "insert_quorum = auto", "insert_quorum_parallel = 1",
		"insert_deduplication_token = t", "insert_deduplicate = 1", "max_insert_threads = 1",
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("got\n%s\nwant %s in it", got, want)
		}
	}
	if strings.Contains(plain, "distributed") || strings.Contains(plain, "quorum") {
		t.Errorf("one server: got\n%s", plain)
	}
}

func TestSystemTablesOfAClusterAreReadEverywhere(t *testing.T) {
	c := spread(t, "cluster=main&distributed=true")
	if got := c.Located(visits()).Everywhere("system.parts"); got != "clusterAllReplicas('main', system.parts)" {
		t.Errorf("got %s", got)
	}
	if got := spread(t, "cluster=main").Located(visits()).Everywhere("system.parts"); got != "system.parts" {
		t.Errorf("not distributed: got %s", got)
	}
}

func TestADistributedTableNeedsToKnowItsShards(t *testing.T) {
	c := spread(t, "cluster=main&distributed=true")
	bare := visits()
	for _, key := range []string{"", "tuple()"} {
		bare.SortingKey = key
		wantFault(t, c.Shardable(t.Context(), bare), fault.Invalid, "shop.visits is distributed and has no sorting key", "ENGINE_SHARDING_KEY")
	}
	bare.ShardingKey = "cityHash64(id)"
	if err := c.Shardable(t.Context(), bare); err != nil {
		t.Error(err)
	}
}

func TestClusterParameters(t *testing.T) {
	for _, tt := range []struct{ name, parameters, want string }{
		{"no cluster", "distributed=true", "distributed over no cluster"},
		{"a quorum of one", "insert_quorum=1", "insert_quorum=1 is neither"},
		{"a quorum of words", "insert_quorum=most", "insert_quorum=most is neither"},
	} {
		_, err := clickhouse.Open(clickhouse.Config{Name: "warehouse", URL: def.NewSecret("clickhouse://h/d?" + tt.parameters)})
		wantFault(t, err, fault.Invalid, tt.want)
	}
}

// A Distributed table of ours and an append through it, on a real server of the
// only generation that can be given a cluster here: one of itself.
func TestRowsGoThroughADistributedTable(t *testing.T) {
	addr := servertest.ClickHouse18(t)
	database := servertest.ClickHouseDatabase(t, addr)
	c := client(t, "clickhouse://default@"+addr+"/"+database+"?cluster="+servertest.ClickHouse18Cluster+"&distributed=true")
	c.SpeakOld()
	table := c.Located(clickhouse.Table{Name: "numbers", Columns: []clickhouse.Column{column("id", "UInt64"), column("text", "String")}, SortingKey: "id"})
	exec(t, c, "CREATE TABLE numbers_local (id UInt64, text String) ENGINE = MergeTree ORDER BY id")
	front := table.Statements()[1]
	exec(t, c, strings.Replace(front, " ON CLUSTER `"+servertest.ClickHouse18Cluster+"`", "", 1)) // which takes a ZooKeeper
	if err := c.Append(t.Context(), clickhouse.Insert{Table: "numbers", Block: numbers(1, 100), Token: "t"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"numbers", "numbers_local"} {
		if got := line(t, c, "SELECT concat(toString(count()), ' ', toString(sum(id))) FROM "+name); got != "100 5050" {
			t.Errorf("%s: got %s", name, got)
		}
	}
}
