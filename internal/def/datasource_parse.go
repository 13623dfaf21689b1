package def

import (
	"strings"
)

// parseDatasource reads a .datasource file.
func parseDatasource(ps *Problems, file, name string, content []byte) *Datasource {
	f := fields{file, map[string]entry{}, ps}
	known := keysOf(datasourceKeys)
	for _, e := range readEntries(ps, file, content, known) {
		if e.block == nil && (e.key == "SCHEMA" || e.key == "INDEXES") {
			e.block = &block{[]string{e.value}, []int{e.at.Line}}
		}
		if e.block != nil && e.key != "SCHEMA" && e.key != "INDEXES" {
			e.value = e.block.text()
		}
		f.entries[e.key] = e
	}
	d := &Datasource{Name: name, Pos: Position{file, 1, 1}, at: map[string]Position{}}
	for key, e := range f.entries {
		d.at[key] = e.at
	}
	d.Description = f.entries["DESCRIPTION"].value
	d.Target = f.entries["TARGET_CONNECTION_NAME"].value
	f.columns(d)
	d.Engine = f.engine(d.Columns)
	d.Indexes = f.indexes()
	d.Import = f.importing()
	return d
}

func (f fields) columns(d *Datasource) {
	e, ok := f.entries["SCHEMA"]
	if !ok {
		f.problems.add(d.Pos, "add SCHEMA > and lines such as `id` UInt64 `json:$.id`", "SCHEMA is missing")
		return
	}
	before := len(*f.problems)
	d.Columns = parseColumns(f.problems, e.block.locate(f.file))
	if len(d.Columns) == 0 && len(*f.problems) == before {
		f.problems.add(e.at, "add lines such as `id` UInt64 `json:$.id`", "SCHEMA has no columns")
	}
	first := map[string]Position{}
	for _, c := range d.Columns {
		if at, again := first[c.Name]; again {
			f.problems.add(c.Pos, "remove or rename one of them", "column %s is defined twice, first in line %d", c.Name, at.Line)
			continue
		}
		first[c.Name] = c.Pos
		if strings.HasPrefix(strings.ToLower(c.Name), "c__") || c.Name == "insertion_date" {
			f.problems.add(c.Pos, "choose another name", "column %s: the quarantine table has columns named c__… and insertion_date", c.Name)
		}
	}
}

// indexes reads lines such as INDEX name expr TYPE type GRANULARITY n.
func (f fields) indexes() []Index {
	e, ok := f.entries["INDEXES"]
	if !ok {
		return nil
	}
	var out []Index
	seen := map[string]bool{}
	in := e.block.locate(f.file)
	for i, line := range strings.Split(in.text, "\n") {
		line = strings.TrimSuffix(strings.TrimSpace(line), ",")
		if line == "" {
			continue
		}
		at := Position{f.file, in.numbers[i], 1}
		index, ok := parseIndex(line)
		switch {
		case !ok || unbalanced(line) != "":
			f.problems.add(at, "write INDEX name expr TYPE minmax GRANULARITY 1", "%q is no index", line)
		case seen[index.Name]:
			f.problems.add(at, "remove or rename one of them", "index %s is defined twice", index.Name)
		default:
			seen[index.Name] = true
			out = append(out, index)
		}
	}
	return out
}

func parseIndex(line string) (Index, bool) {
	words := strings.Fields(line)
	if len(words) > 0 && strings.EqualFold(words[0], "INDEX") {
		words = words[1:]
	}
	kind, granularity := -1, -1
	for i, w := range words {
		switch {
		case strings.EqualFold(w, "TYPE"):
			kind = i
		case strings.EqualFold(w, "GRANULARITY"):
			granularity = i
		}
	}
	index := Index{Granularity: 1}
	if granularity > 0 {
		n, ok := parseCount(strings.Join(words[granularity+1:], " "), 1, 1<<20)
		if !ok {
			return index, false
		}
		index.Granularity, words = int(n), words[:granularity]
	}
	if kind < 2 || kind >= len(words)-1 || !tableShape.MatchString(words[0]) {
		return index, false
	}
	index.Name, index.Expr = words[0], strings.Join(words[1:kind], " ")
	index.Type = strings.Join(words[kind+1:], " ")
	return index, true
}
