package def

// JSONPath says where in a JSON row a column's value is. The zero value means
// that the column gave no path: its field is then the one of its own name.
type JSONPath struct {
	Text  string     `json:"text"` // as written, without json: — "$.items[:].id"
	Steps []JSONStep `json:"steps,omitempty"`
}

// JSONStep is one step of a path: into the member Key, or with Each into every
// element of an array.
type JSONStep struct {
	Key  string `json:"key,omitempty"`
	Each bool   `json:"each,omitempty"`
}

// IsZero reports whether no path was given.
func (p JSONPath) IsZero() bool { return p.Text == "" }

// WholeRow reports whether the path is $, the row itself.
func (p JSONPath) WholeRow() bool { return p.Text != "" && len(p.Steps) == 0 }
