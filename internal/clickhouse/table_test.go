package clickhouse_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/schema"
)

var update = flag.Bool("update", false, "write the expected files")

func column(name, typ string) clickhouse.Column {
	return clickhouse.Column{Name: name, Type: schema.MustParseType(typ)}
}

// tables are shapes that DDL has to get right, by the name of their golden file.
func tables() map[string]clickhouse.Table {
	plain := clickhouse.Table{Database: "shop", Name: "events", Columns: []clickhouse.Column{column("id", "UInt64")}}

	full := plain
	full.Comment = "It's\nthe \\ sales"
	full.Columns = []clickhouse.Column{
		column("id", "UInt64"),
		column("odd ` name", "LowCardinality(Nullable(String))"),
		{Name: "at", Type: schema.MustParseType("DateTime64(3, 'UTC')"), Default: "now64(3)", Codec: "Delta(8), ZSTD(1)"},
		{Name: "tags", Type: schema.MustParseType("Array(String)"), Default: "['a, b', 'c)']"},
		column("amount", "Decimal(18, 4)"),
		column("version", "UInt32"),
	}
	full.Indexes = []clickhouse.Index{{Name: "by_amount", Expr: "amount * 2", Type: "minmax", Granularity: 4}}
	full.Engine, full.Version = "ReplacingMergeTree", "version"
	full.PartitionKey, full.SortingKey, full.PrimaryKey = "toYYYYMM(at)", "id, cityHash64(id, at), at", "id, cityHash64(id, at)"
	full.TTL = "toDateTime(at) + INTERVAL 1 YEAR"
	full.Settings = []clickhouse.Setting{{Name: "index_granularity", Value: "1024"}, {Name: "non_replicated_deduplication_window", Value: "7"}}

	cluster := plain
	cluster.Cluster, cluster.Engine, cluster.SortingKey = "main", "ReplicatedMergeTree('/t/{shard}', '{replica}')", "id"

	return map[string]clickhouse.Table{
		"plain": plain, "full": full, "cluster": cluster,
		"full_quarantine": clickhouse.Quarantine(full), "cluster_quarantine": clickhouse.Quarantine(cluster),
	}
}

func TestCreate(t *testing.T) {
	for name, table := range tables() {
		t.Run(name, func(t *testing.T) {
			got := table.Create() + "\n" + table.AddColumn(table.Columns[len(table.Columns)-1]) + "\n"
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

func TestServerTakesWhatWeCreate(t *testing.T) {
	c := open(t)
	for name, table := range tables() {
		if table.Cluster != "" {
			continue // there is none here
		}
		table.Database = ""
		for range 2 { // the second finds it as it is wanted
			if err := c.EnsureTable(t.Context(), table); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		exec(t, c, "DROP TABLE "+clickhouse.Name(table.Name))
	}
}

func TestQuoting(t *testing.T) {
	c := open(t)
	for _, odd := range []string{"a b", "tick ` back", `back \ slash`, `quote ' " `, "new\nline", "tab\tü€", "{name:String}", "?", "\x00nul", `\'`} {
		if got := line(t, c, "SELECT "+clickhouse.Literal(odd)); got != odd {
			t.Errorf("literal: got %q, want %q", got, odd)
		}
		if strings.ContainsAny(odd, "\x00") {
			continue
		}
		exec(t, c, "CREATE TABLE "+clickhouse.Path(c.Database(), odd)+" ("+clickhouse.Name(odd)+" String) ENGINE = MergeTree ORDER BY tuple()")
		if got := line(t, c, "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = "+clickhouse.Literal(odd)); got != odd {
			t.Errorf("name: got %q, want %q", got, odd)
		}
	}
}
