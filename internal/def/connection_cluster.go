package def

import (
	"regexp"
	"strconv"
)

// clusterKeys are about a ClickHouse of several servers.
var clusterKeys = []Key{
	{ConnectionFile, "CLICKHOUSE_CLUSTER", "a cluster's name", "none", "Tables are made on all servers of the cluster: `ON CLUSTER`. See [Clusters](ingest.md#clusters)."},
	{ConnectionFile, "CLICKHOUSE_DISTRIBUTED", "true, false", "false", "Whether rows are spread over the shards of the cluster: in NAME_local, behind a Distributed table NAME."},
	{ConnectionFile, "CLICKHOUSE_INSERT_QUORUM", "auto, or a number from 2 on", "one replica", "How many replicas must have rows before they count as appended; auto is most of them."},
}

var clusterShape = regexp.MustCompile(`^[A-Za-z0-9_.{}-]+$`)

func (f fields) cluster(s *SQLConnection) {
	s.Cluster = f.entries["CLICKHOUSE_CLUSTER"].value
	if e, ok := f.entries["CLICKHOUSE_CLUSTER"]; ok && !clusterShape.MatchString(e.value) {
		f.problems.add(e.at, "write a name of system.clusters", "CLICKHOUSE_CLUSTER is %q", e.value)
	}
	s.Distributed = f.yes("CLICKHOUSE_DISTRIBUTED", false)
	if s.Distributed && !f.has("CLICKHOUSE_CLUSTER") {
		f.problems.add(f.entries["CLICKHOUSE_DISTRIBUTED"].at, "add CLICKHOUSE_CLUSTER and its name", "rows are to be distributed over no cluster")
	}
	if e, ok := f.entries["CLICKHOUSE_INSERT_QUORUM"]; ok {
		s.InsertQuorum = e.value
		if n, err := strconv.Atoi(e.value); e.value != "auto" && (err != nil || n < 2) {
			f.problems.add(e.at, "use auto, or a number from 2 on", "CLICKHOUSE_INSERT_QUORUM is %q", e.value)
		}
	}
}

// unsteady are functions that give another value the next time they are asked.
var unsteady = regexp.MustCompile(`(?i)\b(rand\w*|now\w*|today|yesterday|generate(uuid|snowflake)\w*|rownumber\w*|blocknumber|blocksize|hostname|fqdn|fuzzbits|uptime)\s*\(`)

// shardingKey reads the expression that chooses a row's shard. A chunk that is
// sent again must be split as it was: else the tokens of its pieces name others.
func (f fields) shardingKey() string {
	key := f.expression("ENGINE_SHARDING_KEY")
	if call := unsteady.FindString(key); call != "" {
		f.problems.add(f.entries["ENGINE_SHARDING_KEY"].at, "use a hash of columns, such as cityHash64(id)",
			"ENGINE_SHARDING_KEY: %s…) isn't the same when a row is sent again", call)
	}
	return key
}
