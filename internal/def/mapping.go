package def

// Field is one field of a mapped row. Fields keep the order of the file.
type Field struct {
	Name string `json:"name"`
	Expr
}

// ExprKind says where a mapped value comes from.
type ExprKind string

// The kinds of mapped values.
const (
	FromColumn   ExprKind = "column"
	FromStatic   ExprKind = "static"
	FromVariable ExprKind = "variable"
	FromTemplate ExprKind = "template"
	FromObject   ExprKind = "object"
	FromArray    ExprKind = "array"
)

// Expr makes one value of a mapped row. Only the member named by Kind is set.
type Expr struct {
	Kind     ExprKind `json:"kind"`
	Column   string   `json:"column,omitempty"`
	Static   any      `json:"static,omitempty"`   // nil, bool, int64, uint64, float64 or string
	Variable string   `json:"variable,omitempty"` // one of Variables
	Template string   `json:"template,omitempty"` // Liquid over the row
	Object   []Field  `json:"object,omitempty"`
	Array    []Expr   `json:"array,omitempty"`
	Pos      Position `json:"-"` // of the value that belongs to Kind
}

// Variables are the sync metadata that a mapping can name. sync.run.time is the
// time for which the run was started, in UTC; op is added, changed or removed in
// diff mode, added in insert mode and all in mode all.
var Variables = []string{"model.id", "model.name", "sync.id", "sync.run.id", "sync.run.time", "mode", "op"}
