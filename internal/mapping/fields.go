package mapping

import (
	"fmt"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// Variables is what a mapping can say about the run.
type Variables struct {
	ModelID, ModelName string
	SyncID, RunID      string
	Time               time.Time // for which the run was started
	Mode, Op           string
}

// timeLayout is RFC 3339 with the precision of a run's time.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// value returns the variable that definitions call by a name.
func (v Variables) value(name string) (string, bool) {
	switch name {
	case "model.id":
		return v.ModelID, true
	case "model.name":
		return v.ModelName, true
	case "sync.id":
		return v.SyncID, true
	case "sync.run.id":
		return v.RunID, true
	case "sync.run.time":
		return v.Time.UTC().Format(timeLayout), true
	case "mode":
		return v.Mode, true
	case "op":
		return v.Op, true
	}
	return "", false
}

// CompileMapping returns the projection of a result onto the fields, and nothing
// else. Key is the model's primary key, by which errors name rows. The error is
// Invalid and names the field.
func CompileMapping(result *arrow.Schema, fields []def.Field, vars Variables, key []string) (*Projection, error) {
	c := compiler{result: result, vars: vars, key: newRowKey(result, key)}
	values, named, err := c.fields(fields, "mapping")
	if err != nil {
		return nil, err
	}
	return &Projection{schema: arrow.NewSchema(named, nil), values: values}, nil
}

// compiler turns expressions into values.
type compiler struct {
	result *arrow.Schema
	vars   Variables
	key    *rowKey
}

// fields compiles the fields of an object that errors call by path.
func (c *compiler) fields(fields []def.Field, path string) ([]value, []arrow.Field, error) {
	values := make([]value, 0, len(fields))
	named := make([]arrow.Field, 0, len(fields))
	for _, f := range fields {
		v, err := c.value(f.Expr, path+"."+f.Name)
		if err != nil {
			return nil, nil, err
		}
		field := v.field()
		field.Name = f.Name
		values, named = append(values, v), append(named, field)
	}
	return values, named, nil
}

func (c *compiler) value(e def.Expr, path string) (value, error) {
	switch e.Kind {
	case def.FromObject:
		return c.object(e.Object, path)
	case def.FromArray:
		return c.list(e.Array, path)
	case def.FromColumn, def.FromStatic, def.FromVariable, def.FromTemplate:
	}
	v, err := c.leaf(e, path)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s: %w", path, err)
	}
	return v, nil
}

func (c *compiler) leaf(e def.Expr, path string) (value, error) {
	switch e.Kind {
	case def.FromColumn:
		return newColumn(c.result, e.Column)
	case def.FromStatic:
		return newStatic(e.Static)
	case def.FromVariable:
		text, ok := c.vars.value(e.Variable)
		if !ok {
			return nil, fault.New(fault.Invalid, "there is no variable %q", e.Variable)
		}
		return newStatic(text)
	case def.FromTemplate:
		return c.template(e.Template, path)
	case def.FromObject, def.FromArray:
	}
	return nil, fault.New(fault.Invalid, "there is no kind of value %q", e.Kind)
}

func (c *compiler) object(fields []def.Field, path string) (value, error) {
	values, named, err := c.fields(fields, path)
	if err != nil {
		return nil, err
	}
	return &object{typ: arrow.StructOf(named...), values: values}, nil
}

func (c *compiler) list(elements []def.Expr, path string) (value, error) {
	if len(elements) == 0 {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "%s: an array needs elements", path), "remove the field")
	}
	values := make([]value, 0, len(elements))
	for i, e := range elements {
		v, err := c.value(e, fmt.Sprintf("%s[%d]", path, i))
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return newList(values, path)
}
