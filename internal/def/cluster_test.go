package def_test

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/def"
)

func TestClusterKeys(t *testing.T) {
	p, problems := def.Parse(map[string][]byte{
		"connections/ch.connection": []byte("TYPE clickhouse\nCLICKHOUSE_HOST ch\nCLICKHOUSE_CLUSTER {cluster}\nCLICKHOUSE_DISTRIBUTED true\nCLICKHOUSE_INSERT_QUORUM auto\n"),
		"datasources/a.datasource":  []byte("TARGET_CONNECTION_NAME ch\nSCHEMA >\n    `id` UInt64, `brand` String\nENGINE ReplicatedMergeTree\nENGINE_SORTING_KEY id\nENGINE_SHARDING_KEY cityHash64(brand, (id))\n"),
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if c := p.Connections["ch"].SQL; c.Cluster != "{cluster}" || !c.Distributed || c.InsertQuorum != "auto" {
		t.Errorf("got %+v", c)
	}
	if got := p.Datasources["a"].Engine.ShardingKey; got != "cityHash64(brand, (id))" {
		t.Errorf("got %q", got)
	}
}

func TestClusterMistakes(t *testing.T) {
	tests := []struct{ name, file, want string }{
		{"no cluster", "CLICKHOUSE_DISTRIBUTED true", "over no cluster"},
		{"a quorum of one", "CLICKHOUSE_INSERT_QUORUM 1", `CLICKHOUSE_INSERT_QUORUM is "1"`},
		{"a name that is none", "CLICKHOUSE_CLUSTER a'b", "CLICKHOUSE_CLUSTER is"},
		{"another type", "POSTGRES_CLUSTER main", "POSTGRES_CLUSTER"},
		{"by chance", "rand()", "rand(…) isn't the same"},
		{"by time", "toUInt64(NOW64(3))", "NOW64(…) isn't the same"},
		{"by server", "cityHash64(id, hostName ())", "isn't the same"},
		{"no expression", "cityHash64(id", "ENGINE_SHARDING_KEY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string][]byte{"connections/ch.connection": []byte("TYPE clickhouse\nCLICKHOUSE_HOST ch\n" + tt.file + "\n")}
			if !strings.HasPrefix(tt.file, "CLICKHOUSE") && !strings.HasPrefix(tt.file, "POSTGRES") {
				files = map[string][]byte{"datasources/a.datasource": []byte("SCHEMA >\n    `id` UInt64\nENGINE_SORTING_KEY id\nENGINE_SHARDING_KEY " + tt.file + "\n")}
			}
			if _, problems := def.Parse(files); len(problems) == 0 || !strings.Contains(problems.Error(), tt.want) {
				t.Errorf("got %v, want %q", problems, tt.want)
			}
		})
	}
}
