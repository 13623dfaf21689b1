package def

// Model is a SQL query on a connection.
type Model struct {
	Name        string     `json:"name"`
	ID          string     `json:"id"` // the name when not given
	Description string     `json:"description,omitempty"`
	Connection  string     `json:"connection"` // of type postgres, mysql or clickhouse
	SQL         string     `json:"sql"`        // one query, without a final semicolon
	PrimaryKey  []string   `json:"primary_key,omitempty"`
	Partition   *Partition `json:"partition,omitempty"`
	Pos         Position   `json:"-"`

	at map[string]Position // of the names of other things
}

// Partition says how to cut a query whose rows may be read in any order.
type Partition struct {
	Column string `json:"column"`
	Count  int    `json:"count"` // ranges; 0 means the sync's parallelism
}
