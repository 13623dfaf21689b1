package def

import (
	"encoding"
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Action is what a push does to a definition.
type Action string

// The actions.
const (
	Create Action = "create"
	Change Action = "change"
	Delete Action = "delete"
)

// Changed is one definition that a push creates, changes or deletes.
type Changed struct {
	Action Action   `json:"action"`
	Kind   Kind     `json:"kind"`
	Name   string   `json:"name"`            // empty for the settings
	Lines  []string `json:"lines,omitempty"` // of a change: "mode: all → diff", sorted; secrets are redacted
}

// String returns "change sync orders".
func (c Changed) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", c.Action, c.Kind, c.Name))
}

// Plan is what a push would change, in the order of the documentation, by name.
type Plan []Changed

// Empty reports whether a push would change nothing.
func (p Plan) Empty() bool { return len(p) == 0 }

// String returns one line per change, and below it one line per field.
func (p Plan) String() string {
	var b strings.Builder
	for _, c := range p {
		b.WriteString(c.String() + "\n")
		for _, line := range c.Lines {
			b.WriteString("    " + line + "\n")
		}
	}
	return b.String()
}

// Diff returns what replacing old by next would change. Either may be nil: an
// empty project.
func Diff(old, next *Project) Plan {
	if old == nil {
		old = &Project{Settings: defaultSettings()}
	}
	if next == nil {
		next = &Project{Settings: defaultSettings()}
	}
	plan := diffMaps(ConnectionFile, old.Connections, next.Connections)
	plan = append(plan, diffMaps(DatasourceFile, old.Datasources, next.Datasources)...)
	plan = append(plan, diffMaps(ModelFile, old.Models, next.Models)...)
	plan = append(plan, diffMaps(SyncFile, old.Syncs, next.Syncs)...)
	if lines := diffFields(old.Settings, next.Settings); len(lines) > 0 {
		plan = append(plan, Changed{Change, SettingsFile, "", lines})
	}
	return plan
}

func diffMaps[T any](kind Kind, old, next map[string]*T) Plan {
	names := map[string]bool{}
	for n := range old {
		names[n] = true
	}
	for n := range next {
		names[n] = true
	}
	var plan Plan
	for _, name := range sortedKeys(names) {
		before, after := old[name], next[name]
		switch {
		case before == nil:
			plan = append(plan, Changed{Create, kind, name, nil})
		case after == nil:
			plan = append(plan, Changed{Delete, kind, name, nil})
		default:
			if lines := diffFields(*before, *after); len(lines) > 0 {
				plan = append(plan, Changed{Change, kind, name, lines})
			}
		}
	}
	return plan
}

// leaf is one field that is compared: what is shown, and, for secrets, what is
// not.
type leaf struct {
	shown string
	value Value
}

func diffFields(old, next any) []string {
	before, after := map[string]leaf{}, map[string]leaf{}
	flatten(before, "", reflect.ValueOf(old))
	flatten(after, "", reflect.ValueOf(next))
	var lines []string
	for key, b := range before {
		a, kept := after[key]
		switch {
		case strings.HasSuffix(key, orderKey) && !sameNames(a.shown, b.shown):
			// the elements say it
		case !kept:
			lines = append(lines, fmt.Sprintf("%s: %s → (none)", key, b.shown))
		case a.shown != b.shown:
			lines = append(lines, fmt.Sprintf("%s: %s → %s", key, b.shown, a.shown))
		case !a.value.equal(b.value):
			lines = append(lines, fmt.Sprintf("%s: %s changed", key, a.shown))
		}
	}
	for key, a := range after {
		if _, had := before[key]; !had && !strings.HasSuffix(key, orderKey) {
			lines = append(lines, fmt.Sprintf("%s: (none) → %s", key, a.shown))
		}
	}
	sort.Strings(lines)
	return lines
}

// flatten writes every field of a definition into a map, by its path of JSON
// names. Empty fields are left out.
func flatten(into map[string]leaf, path string, v reflect.Value) {
	if !v.IsValid() || v.IsZero() && v.Kind() != reflect.Bool {
		return
	}
	switch x := v.Interface().(type) {
	case Value:
		into[path] = leaf{x.String(), x}
		return
	case time.Duration:
		into[path] = leaf{shown: x.String()}
		return
	case Column:
		into[path] = leaf{shown: x.String()}
		return
	case encoding.TextMarshaler:
		text, _ := x.MarshalText()
		into[path] = leaf{shown: string(text)}
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		flatten(into, path, v.Elem())
	case reflect.Struct:
		flattenStruct(into, path, v)
	case reflect.Slice:
		flattenSlice(into, path, v)
	case reflect.Bool:
		into[path] = leaf{shown: strconv.FormatBool(v.Bool())}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			flatten(into, join(path, key.String()), v.MapIndex(key))
		}
	case reflect.String:
		into[path] = leaf{shown: strconv.Quote(v.String())}
	default:
		into[path] = leaf{shown: fmt.Sprint(v.Interface())}
	}
}

// flattenSlice writes the order of named elements apart from the elements.
func flattenSlice(into map[string]leaf, path string, v reflect.Value) {
	names := make([]string, v.Len())
	for i := range names {
		names[i] = elementName(v.Index(i), i)
		flatten(into, path+"["+names[i]+"]", v.Index(i))
	}
	into[path+orderKey] = leaf{shown: strings.Join(names, ", ")}
}

// orderKey ends the path of a list's order.
const orderKey = " order"

// sameNames reports whether two orders hold the same names.
func sameNames(a, b string) bool {
	x, y := strings.Split(a, ", "), strings.Split(b, ", ")
	sort.Strings(x)
	sort.Strings(y)
	return strings.Join(x, ", ") == strings.Join(y, ", ")
}

func flattenStruct(into map[string]leaf, path string, v reflect.Value) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case !field.IsExported() || name == "-":
		case field.Anonymous:
			flatten(into, path, v.Field(i))
		default:
			flatten(into, join(path, name), v.Field(i))
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// elementName tells the elements of a list apart: by their names where they
// have some, so that a new first column does not change all others.
func elementName(v reflect.Value, i int) string {
	switch x := v.Interface().(type) {
	case Column:
		return x.Name
	case Field:
		return x.Name
	case ColumnChoice:
		return x.As
	case Setting:
		return x.Name
	case Index:
		return x.Name
	}
	return strconv.Itoa(i)
}
