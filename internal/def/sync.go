package def

// Mode says which rows of the model a run sends.
type Mode string

// The modes: every row; rows with new keys; added, changed and removed rows.
const (
	All     Mode = "all"
	Insert  Mode = "insert"
	DiffAll Mode = "diff"
)

// Sync is a model, a destination, a mode and a schedule.
type Sync struct {
	Name        string         `json:"name"`
	ID          string         `json:"id"` // the name when not given
	Description string         `json:"description,omitempty"`
	Model       string         `json:"model"`
	Mode        Mode           `json:"mode"`
	Destination Destination    `json:"destination"`
	Columns     []ColumnChoice `json:"columns,omitempty"` // empty means all, as returned
	Mapping     []Field        `json:"mapping,omitempty"` // excludes Columns
	Schedule    Schedule       `json:"schedule"`
	Alerts      []Alert        `json:"alerts,omitempty"` // the project's when none are given
	Parallelism int            `json:"parallelism"`      // parts of a run, at least 1
	Pos         Position       `json:"-"`

	at map[string]Position // of the names of other things
}

// ColumnChoice is one exported column.
type ColumnChoice struct {
	Column string `json:"column"`
	As     string `json:"as"` // name in the file; equal to Column unless renamed
}
