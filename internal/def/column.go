package def

// Column is one column of a datasource's table.
type Column struct {
	Name     string   `json:"name"`
	TypeText string   `json:"type"` // as written
	JSONPath JSONPath `json:"json_path,omitzero"`
	Default  string   `json:"default,omitempty"` // SQL expression
	Codec    string   `json:"codec,omitempty"`   // CODEC(...) without the word and its parentheses
	Pos      Position `json:"-"`
}
