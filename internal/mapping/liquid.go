package mapping

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/osteele/liquid"
	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/render"
	"github.com/osteele/liquid/values"
	"github.com/osteele/tuesday"

	"github.com/longshore/longshore/pkg/fault"
)

// engine is Liquid with its standard tags and filters, but for some. There is no
// include: a definition has no business with a worker's files. The date of
// nothing is nothing, not a day of the year 1. And numbers print as they do
// everywhere in a file.
var engine = sync.OnceValue(func() *liquid.Engine {
	e := liquid.NewEngine()
	e.RegisterTag("include", func(render.Context) (string, error) { return "", errInclude })
	e.RegisterFilter("date", date)
	addNumberFilters(e)
	return e
})

var timeType = reflect.TypeFor[time.Time]()

func date(v any, format func(string) string) (any, error) {
	if v == nil || v == "" {
		return nil, nil
	}
	t, err := values.Convert(v, timeType)
	if err != nil {
		return nil, err
	}
	return tuesday.Strftime(format("%a, %b %d, %y"), t.(time.Time))
}

var errInclude = fault.New(fault.Invalid, "include is not available")

// parseTemplate parses a template and looks for what Liquid would find only when
// it meets a row. The error is Invalid.
func parseTemplate(source string) (*liquid.Template, error) {
	t, err := engine().ParseString(source)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%w", err)
	}
	var wrong error
	walk(t.GetRoot(), func(tag, args string) {
		if wrong != nil {
			return
		}
		if tag == "include" {
			wrong = errInclude
		}
		for _, m := range filterName.FindAllStringSubmatch(withoutTexts(args), -1) {
			if !hasFilter(m[1]) {
				wrong = fault.New(fault.Invalid, "Liquid has no filter %q", m[1])
			}
		}
	})
	return t, wrong
}

// walk visits the tags and outputs of a template; an output has no tag.
func walk(n render.Node, visit func(tag, args string)) {
	switch n := n.(type) {
	case *render.SeqNode:
		for _, child := range n.Children {
			walk(child, visit)
		}
	case *render.BlockNode:
		visit(n.Name, n.Args)
		for _, child := range n.Body {
			walk(child, visit)
		}
		for _, clause := range n.Clauses {
			walk(clause, visit)
		}
	case *render.TagNode:
		visit(n.Name, n.Args)
	case *render.ObjectNode:
		visit("", n.Args)
	}
}

var (
	filterName = regexp.MustCompile(`\|\s*([A-Za-z_][\w-]*)`)
	literal    = regexp.MustCompile(`"[^"]*"|'[^']*'`)
)

// withoutTexts empties the literal texts of an expression.
func withoutTexts(args string) string { return literal.ReplaceAllString(args, `""`) }

// hasFilter asks Liquid, which looks a filter up only when it applies it.
func hasFilter(name string) (has bool) {
	defer func() {
		if recover() != nil {
			has = true // it was found, and didn't like its argument
		}
	}()
	_, err := engine().ParseAndRenderString("{{ nil | "+name+" }}", nil)
	var undefined expressions.UndefinedFilter
	return err == nil || !errors.As(err.Cause(), &undefined)
}

// rowName is what templates call the row as a whole.
const rowName = "row"

// reserved is what isn't a column's name in a template.
var reserved = map[string]bool{
	"true": true, "false": true, "nil": true, "null": true, "empty": true, "blank": true, "and": true, "or": true,
	"contains": true, "in": true, "forloop": true, "tablerowloop": true,
}

var (
	madeName  = regexp.MustCompile(`\{%-?\s*(?:(?:assign|capture)\s+([\w-]+)|(?:for|tablerow)\s+([\w-]+)\s+in\b)`)
	firstName = regexp.MustCompile(`^\s*([A-Za-z_][\w-]*)(?:\.([A-Za-z_][\w-]*))?`)
	loopOver  = regexp.MustCompile(`^.*?\sin\s`)
	assigned  = regexp.MustCompile(`^[^=]*=`)
)

// checkNames finds columns that aren't there, where Liquid would print nothing.
func checkNames(t *liquid.Template, source string, result *arrow.Schema) error {
	known := map[string]bool{}
	for _, m := range madeName.FindAllStringSubmatch(source, -1) {
		known[m[1]+m[2]] = true
	}
	var wrong error
	walk(t.GetRoot(), func(tag, args string) {
		switch tag {
		case "", "if", "unless", "elsif", "case":
		case "for", "tablerow":
			args = loopOver.ReplaceAllString(args, "")
		case "assign":
			args = assigned.ReplaceAllString(args, "")
		default:
			return
		}
		m := firstName.FindStringSubmatch(args)
		switch {
		case m == nil || wrong != nil || known[m[1]] || reserved[m[1]]:
		case m[1] != rowName && !result.HasField(m[1]):
			wrong = noColumn(result, m[1])
		case m[1] == rowName && m[2] != "" && !result.HasField(m[2]):
			wrong = noColumn(result, m[2])
		}
	})
	return wrong
}

// mentions reports whether a template may read a column: it names it, or it
// reads the row other than by a name.
func mentions(source, column string) bool {
	return strings.Contains(source, column) || len(wholeRow.FindAllString(source, -1)) > len(rowField.FindAllString(source, -1))
}

var (
	wholeRow = regexp.MustCompile(`\b` + rowName + `\b`)
	rowField = regexp.MustCompile(`\b` + rowName + `\s*\.\s*[A-Za-z_]`)
)
