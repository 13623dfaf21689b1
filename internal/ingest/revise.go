package ingest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/schema"
)

// Revision is what a person changes about inferred columns. All names are those
// that were inferred.
type Revision struct {
	Rename map[string]string // to the name that the column gets
	Types  map[string]string // of ClickHouse; they count, whatever the values look like
	Drop   []string
}

// revise changes the inferred columns. The error is Invalid and has all mistakes.
func (p *Preview) revise(r Revision) error {
	fields := slices.Clone(p.Inference.Fields)
	var mistakes []string
	column := func(name string) *schema.Field {
		at := slices.IndexFunc(p.Inference.Fields, func(f schema.Field) bool { return f.Name == name })
		if at < 0 {
			mistakes = append(mistakes, p.unknownColumn(name))
			return nil
		}
		return &fields[at]
	}
	for _, name := range slices.Sorted(maps.Keys(r.Types)) {
		t, err := schema.ParseType(r.Types[name])
		if f := column(name); err != nil {
			mistakes = append(mistakes, fmt.Sprintf("column %s: %v", name, err))
		} else if f != nil {
			f.Why = fmt.Sprintf("as you chose; %s was inferred: %s", f.Type, f.Why)
			f.Type = t
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Rename)) {
		if f := column(name); f != nil {
			f.Name = r.Rename[name]
		}
	}
	dropped := map[string]bool{}
	for _, name := range r.Drop {
		if f := column(name); f != nil {
			dropped[f.Path.String()] = true
		}
	}
	p.Dropped = slices.Clone(r.Drop)
	p.Inference.Fields = slices.DeleteFunc(fields, func(f schema.Field) bool { return dropped[f.Path.String()] })
	if mistakes = append(mistakes, misnamed(p.Inference.Fields)...); len(mistakes) > 0 {
		return fault.New(fault.Invalid, "%s", strings.Join(mistakes, "; "))
	}
	return nil
}

func (p *Preview) unknownColumn(name string) string {
	var names []string
	for _, f := range p.Inference.Fields {
		names = append(names, f.Name)
	}
	if near := schema.Nearest(name, names); near != "" {
		return fmt.Sprintf("no column %s was inferred, did you mean %s?", name, near)
	}
	return fmt.Sprintf("no column %s was inferred; there are %s", name, strings.Join(names[:min(len(names), 20)], ", "))
}

// misnamed says which names can't be those of columns.
func misnamed(fields []schema.Field) (mistakes []string) {
	if len(fields) == 0 {
		return []string{"no column is left"}
	}
	seen := map[string]bool{}
	for _, f := range fields {
		switch {
		case f.Name == "" || strings.ContainsAny(f.Name, "`\n\r"):
			mistakes = append(mistakes, fmt.Sprintf("%q is no name of a column", f.Name))
		case clickhouse.ReservedName(f.Name):
			mistakes = append(mistakes, fmt.Sprintf("the name %s is reserved: rename it", f.Name))
		case seen[f.Name]:
			mistakes = append(mistakes, fmt.Sprintf("two columns are called %s", f.Name))
		}
		seen[f.Name] = true
	}
	return mistakes
}
