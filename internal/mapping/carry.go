package mapping

import (
	"strconv"
	"strings"

	"github.com/longshore/longshore/internal/def"
)

// Carry cuts a mapping in two, for rows that are kept before they are written:
// carried is what depends on the row alone, flat; and assembled makes of such
// rows what the mapping makes of the model's, and fills in the variables of the
// run that writes them.
func Carry(fields []def.Field) (carried, assembled []def.Field) {
	c := carrier{}
	assembled = c.fields(fields, "")
	return c.carried, assembled
}

type carrier struct{ carried []def.Field }

func (c *carrier) fields(fields []def.Field, path string) []def.Field {
	out := make([]def.Field, len(fields))
	for i, f := range fields {
		out[i] = def.Field{Name: f.Name, Expr: c.expr(f.Expr, path+segment(f.Name))}
	}
	return out
}

// segment is a field's name in a path. Names that look like a part of a path are
// quoted, so that no two fields have one path.
func segment(name string) string {
	if name == "" || strings.ContainsAny(name, `.["\`) {
		return strconv.Quote(name)
	}
	return name
}

func (c *carrier) expr(e def.Expr, path string) def.Expr {
	switch e.Kind {
	case def.FromVariable:
		return e
	case def.FromObject:
		e.Object = c.fields(e.Object, path+".")
		return e
	case def.FromArray:
		elements := make([]def.Expr, len(e.Array))
		for i, element := range e.Array {
			elements[i] = c.expr(element, path+"["+strconv.Itoa(i)+"]")
		}
		e.Array = elements
		return e
	case def.FromColumn, def.FromStatic, def.FromTemplate:
	}
	c.carried = append(c.carried, def.Field{Name: path, Expr: e})
	return def.Expr{Kind: def.FromColumn, Column: path, Pos: e.Pos}
}
