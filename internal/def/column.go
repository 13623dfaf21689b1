package def

import (
	"encoding/json"

	"github.com/longshore/longshore/pkg/schema"
)

// Column is one column of a datasource's table.
type Column struct {
	Name     string
	Type     schema.Type
	JSONPath schema.Path // nil when not given: the field of the column's name
	Default  string      // SQL expression; empty when not given
	Codec    string      // what stands between the brackets of CODEC(...)
	Pos      Position
}

// MarshalJSON spells type and path as the file does.
func (c Column) MarshalJSON() ([]byte, error) {
	out := struct {
		Name     string `json:"name"`
		Type     string `json:"type"`
		JSONPath string `json:"json_path,omitempty"`
		Default  string `json:"default,omitempty"`
		Codec    string `json:"codec,omitempty"`
	}{Name: c.Name, Type: c.Type.String(), Default: c.Default, Codec: c.Codec}
	if c.JSONPath != nil {
		out.JSONPath = c.JSONPath.String()
	}
	return json.Marshal(out)
}

// String returns the column as a SCHEMA block has it.
func (c Column) String() string {
	text := "`" + c.Name + "` " + c.Type.String()
	if c.JSONPath != nil {
		text += " `json:" + c.JSONPath.String() + "`"
	}
	if c.Default != "" {
		text += " DEFAULT " + c.Default
	}
	if c.Codec != "" {
		text += " CODEC(" + c.Codec + ")"
	}
	return text
}
