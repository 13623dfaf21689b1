package def

// Datasource is a MergeTree table and, unless Import is nil, the files of a
// bucket that are appended to it.
type Datasource struct {
	Name        string   `json:"name"` // also the table's
	Description string   `json:"description,omitempty"`
	Target      string   `json:"target,omitempty"` // clickhouse connection; empty: the one of LONGSHORE_CLICKHOUSE_URL
	Columns     []Column `json:"columns"`
	Engine      Engine   `json:"engine"`
	Indexes     []Index  `json:"indexes,omitempty"`
	Import      *Import  `json:"import,omitempty"`
	Pos         Position `json:"-"`

	at map[string]Position // of the names of other things
}
