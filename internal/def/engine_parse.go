package def

import (
	"regexp"
	"strings"
)

var engines = []string{"MergeTree", "ReplacingMergeTree", "SummingMergeTree", "AggregatingMergeTree"}

// engine reads the ENGINE_ keys.
func (f fields) engine(columns []Column) Engine {
	e := Engine{Name: f.engineName(), SortingKey: "tuple()"}
	e.PartitionKey = f.expression("ENGINE_PARTITION_KEY")
	if key := f.expression("ENGINE_SORTING_KEY"); key != "" {
		e.SortingKey = key
	}
	e.PrimaryKey = f.expression("ENGINE_PRIMARY_KEY")
	e.TTL = f.expression("ENGINE_TTL")
	e.Version = f.entries["ENGINE_VER"].value
	e.ShardingKey = f.shardingKey()
	e.Settings = f.settings()
	byName := map[string]Column{}
	for _, c := range columns {
		byName[c.Name] = c
	}
	if len(columns) > 0 {
		f.sortingKey(e, byName)
		f.keyColumns("ENGINE_PARTITION_KEY", e.PartitionKey, byName)
	}
	f.primaryKey(e)
	f.version(e, byName)
	return e
}

func (f fields) engineName() string {
	e, ok := f.entries["ENGINE"]
	if !ok {
		return "MergeTree"
	}
	name, args, _ := strings.Cut(e.value, "(")
	name = strings.TrimSpace(name)
	if !contains(engines, strings.TrimPrefix(name, "Replicated")) {
		f.problems.add(e.at, didYouMean("engine", name, engines), "engine %q is not supported", name)
	} else if strings.Trim(args, " )") != "" {
		f.problems.add(e.at, "use ENGINE_VER for the version column", "the engine has arguments in brackets")
	}
	return name
}

// expression reads a key that holds ClickHouse SQL.
func (f fields) expression(key string) string {
	e := f.entries[key]
	if wrong := unbalanced(e.value); wrong != "" {
		f.problems.add(e.at, "mend the expression", "%s: %s", key, wrong)
	}
	return e.value
}

// keyColumns reports columns of a plain list that the schema lacks. It returns
// the columns of the list.
func (f fields) keyColumns(key, expr string, columns map[string]Column) []Column {
	names, plain := plainColumns(expr)
	if !plain {
		return nil
	}
	var out []Column
	for _, name := range names {
		c, ok := columns[name]
		if !ok {
			f.problems.add(f.entries[key].at, didYouMean("column", name, sortedKeys(columns)), "%s: there is no column %q", key, name)
			continue
		}
		out = append(out, c)
	}
	return out
}

func (f fields) sortingKey(e Engine, columns map[string]Column) {
	for _, c := range f.keyColumns("ENGINE_SORTING_KEY", e.SortingKey, columns) {
		if c.Type.IsNullable() && !hasSetting(e.Settings, "allow_nullable_key") {
			f.problems.add(f.entries["ENGINE_SORTING_KEY"].at, "make the column not Nullable, or leave it out",
				"ENGINE_SORTING_KEY: column %s is %s", c.Name, c.Type)
		}
	}
}

func hasSetting(settings []Setting, name string) bool {
	for _, s := range settings {
		if s.Name == name && s.Value != "0" {
			return true
		}
	}
	return false
}

// primaryKey reports a primary key that is no prefix of the sorting key.
func (f fields) primaryKey(e Engine) {
	primary, ok1 := plainColumns(e.PrimaryKey)
	sorting, ok2 := plainColumns(e.SortingKey)
	if e.PrimaryKey == "" || !ok1 || !ok2 {
		return
	}
	for i, name := range primary {
		if i >= len(sorting) || sorting[i] != name {
			f.problems.add(f.entries["ENGINE_PRIMARY_KEY"].at, "begin the sorting key with the columns of the primary key",
				"ENGINE_PRIMARY_KEY is no prefix of the sorting key %s", e.SortingKey)
			return
		}
	}
}

func (f fields) version(e Engine, columns map[string]Column) {
	at := f.entries["ENGINE_VER"].at
	if e.Version == "" {
		return
	}
	if strings.TrimPrefix(e.Name, "Replicated") != "ReplacingMergeTree" {
		f.problems.add(at, "remove it, or use ENGINE ReplacingMergeTree", "ENGINE_VER is of no use to %s", e.Name)
	}
	if _, ok := columns[e.Version]; !ok && len(columns) > 0 {
		f.problems.add(at, didYouMean("column", e.Version, sortedKeys(columns)), "ENGINE_VER: there is no column %q", e.Version)
	}
}

var settingValue = regexp.MustCompile(`^(-?[0-9]+(\.[0-9]+)?|'([^'\\]|\\.)*'|true|false)$`)

// settings reads "name=value, name='text'".
func (f fields) settings() []Setting {
	e, ok := f.entries["ENGINE_SETTINGS"]
	if !ok {
		return nil
	}
	parts, wrong, _ := splitCommas(e.value)
	if wrong != "" {
		f.problems.add(e.at, "close it", "ENGINE_SETTINGS: %s", wrong)
	}
	var out []Setting
	for _, p := range parts {
		name, value, _ := strings.Cut(p.of(e.value), "=")
		s := Setting{strings.TrimSpace(name), strings.TrimSpace(value)}
		switch {
		case !tableShape.MatchString(s.Name) || !settingValue.MatchString(s.Value):
			f.problems.add(e.at, "write name=value, name='text'", "ENGINE_SETTINGS: %q is no setting", p.of(e.value))
		case hasName(out, s.Name):
			f.problems.add(e.at, "remove one of them", "ENGINE_SETTINGS: %s is given twice", s.Name)
		default:
			out = append(out, s)
		}
	}
	return out
}

func hasName(settings []Setting, name string) bool {
	for _, s := range settings {
		if s.Name == name {
			return true
		}
	}
	return false
}
