package mapping

import (
	"fmt"

	"github.com/longshore/longshore/internal/def"
)

// Flaw is a mistake in a template.
type Flaw struct {
	At  def.Position
	Err error // Invalid; names the field
}

// Check finds the mistakes that the templates of a mapping have whatever the
// model returns: syntax, and unknown tags and filters.
func Check(fields []def.Field) []Flaw { return checkFields(fields, "mapping") }

func checkFields(fields []def.Field, path string) (flaws []Flaw) {
	for _, f := range fields {
		flaws = append(flaws, checkExpr(f.Expr, path+"."+f.Name)...)
	}
	return flaws
}

func checkExpr(e def.Expr, path string) (flaws []Flaw) {
	if e.Kind == def.FromTemplate {
		if _, err := parseTemplate(e.Template); err != nil {
			flaws = append(flaws, Flaw{At: e.Pos, Err: fmt.Errorf("%s: %w", path, err)})
		}
	}
	flaws = append(flaws, checkFields(e.Object, path)...)
	for i, element := range e.Array {
		flaws = append(flaws, checkExpr(element, fmt.Sprintf("%s[%d]", path, i))...)
	}
	return flaws
}
