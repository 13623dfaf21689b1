package clickhouse

import (
	"fmt"

	"github.com/longshore/longshore/pkg/fault"
)

// localSuffix ends the name of a table that keeps the rows of a distributed one.
const localSuffix = "_local"

// distributed is the engine of a table that keeps no rows.
const distributed = "Distributed"

// made returns the tables that stand for t, in the order in which they are made
// and changed: that which keeps the rows, and where t is distributed, t itself
// behind which it stands. A column that t has, both have.
func (t Table) made() []Table {
	if !t.Distributed {
		return []Table{t}
	}
	local, front := t, t
	local.Name += localSuffix
	local.Distributed, front.Distributed = false, false
	front.Engine = fmt.Sprintf("%s(%s, %s, %s, %s)", distributed, Literal(t.Cluster), Literal(t.Database), Literal(local.Name), t.shard())
	front.Version, front.PartitionKey, front.SortingKey, front.PrimaryKey, front.TTL = "", "", "", "", ""
	front.Settings, front.Indexes = nil, nil
	return []Table{local, front}
}

// isFront reports whether t is a Distributed table.
func (t Table) isFront() bool { return t.engine() == distributed }

// shard returns the expression that chooses a row's shard.
func (t Table) shard() string {
	if t.ShardingKey == "" && t.SortingKey != "" {
		return "cityHash64(" + t.SortingKey + ")"
	}
	return t.ShardingKey
}

// shardable returns an error for a distributed table of which nothing says where
// a row belongs. By chance it can't be: a chunk that is sent again must be split
// as it was, or the tokens of its pieces name others.
func (c *Client) shardable(t Table) error {
	if key := t.shard(); !t.Distributed || key != "" && key != "cityHash64(tuple())" {
		return nil
	}
	return fault.WithRemedy(fault.New(fault.Invalid, "connection %s: table %s is distributed and has no sorting key", c.target.name, t.path()),
		"add ENGINE_SHARDING_KEY such as cityHash64(id)")
}

// everywhere returns what to read a system table from, where t's rows are on
// several servers: all of them.
func (t Table) everywhere(system string) string {
	if !t.Distributed {
		return system
	}
	return fmt.Sprintf("clusterAllReplicas(%s, %s)", Literal(t.Cluster), system)
}

// durability is the settings by which an INSERT that was answered is stored where
// the connection wants it. Behind a Distributed table the server answers only
// when all shards have their rows, and passes token and settings on to each: a
// queue of its own would keep them from us.
func (t target) durability() map[string]string {
	settings := map[string]string{}
	if t.distributed {
		settings["distributed_foreground_insert"] = "1"
		settings["insert_distributed_sync"] = "1" // what servers before 23.11 call it
		settings["insert_distributed_one_random_shard"] = "0"
	}
	if t.quorum != "" {
		settings["insert_quorum"] = t.quorum
		settings["insert_quorum_parallel"] = "1" // tokens order nothing: many appends at a time
	}
	return settings
}
