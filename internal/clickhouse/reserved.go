package clickhouse

import "strings"

// virtual is the columns that ClickHouse's tables have beside their own. A
// column of such a name is refused, or hides what the server needs.
var virtual = map[string]bool{
	"_block_number": true, "_block_offset": true, "_database": true, "_disk_name": true, "_distance": true, "_part": true,
	"_part_data_version": true, "_part_granule_offset": true, "_part_index": true, "_part_offset": true,
	"_part_starting_offset": true, "_part_uuid": true, "_partition_id": true, "_partition_value": true,
	"_row_exists": true, "_sample_factor": true, "_shard_num": true, "_table": true,
}

// longestName is how long a column's name may be, in bytes: the server names
// files after columns.
const longestName = 80

// ReservedName reports whether no column of a table may have a name: ClickHouse
// or we have one of it there or in the quarantine, or it is too long.
func ReservedName(name string) bool {
	lower := strings.ToLower(name)
	return lower == InsertionDate || strings.HasPrefix(lower, "c__") || strings.HasPrefix(lower, "_longshore") ||
		virtual[lower] || len(name) > longestName
}
