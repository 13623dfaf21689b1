package def

// Engine is how ClickHouse stores the table. Expressions are ClickHouse SQL and
// checked for balance only.
type Engine struct {
	Name         string    `json:"name"` // MergeTree by default
	PartitionKey string    `json:"partition_key,omitempty"`
	SortingKey   string    `json:"sorting_key"` // "tuple()" by default
	PrimaryKey   string    `json:"primary_key,omitempty"`
	TTL          string    `json:"ttl,omitempty"`
	Version      string    `json:"version,omitempty"`      // ReplacingMergeTree: the column that decides
	ShardingKey  string    `json:"sharding_key,omitempty"` // empty: a hash of the sorting key
	Settings     []Setting `json:"settings,omitempty"`
}

// Setting is one table setting.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"` // SQL literal: a number, or text in single quotes
}

// Index is one data skipping index.
type Index struct {
	Name        string `json:"name"`
	Expr        string `json:"expr"`
	Type        string `json:"type"`
	Granularity int    `json:"granularity"` // at least 1
}
