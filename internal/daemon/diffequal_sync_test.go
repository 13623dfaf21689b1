package daemon_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// randomSync is a sync of a random table in mode diff: some model, some of its
// columns, some format.
type randomSync struct {
	table       *randomTable
	name        string
	sql         string // of the model; %s is the table
	columns     []randomColumn
	fields      []*sentField
	choices     []*sentField // of which fields are some, where there is no mapping
	destination string       // lines of the sync's file
	format      string
	compression string
	csv         csvChoice
	skipEmpty   bool
	files       map[string]string
}

// csvChoice is how CSV is written.
type csvChoice struct {
	delimiter string
	header    bool
	null      string
}

// sentField is a field of the files.
type sentField struct {
	name string
	typ  *sqlType
	// written makes the text that a file shows of a row, which is an alias, and an op.
	written func(row, op string) string
	// compared makes texts of what is carried of a row.
	compared []func(row string) string
	parts    []randomColumn // of an object
	line     string         // in the list of columns
	fresh    bool           // the last run had no such column: of what was sent, it is null
}

// yaml quotes a text for a project file.
func yaml(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func newRandomSync(t *randomTable) *randomSync {
	s := &randomSync{table: t, name: t.name, columns: t.columns()}
	r := t.rand
	ordered := s.chooseModel(r)
	lines := s.chooseFields(r)
	s.format = pickOf(r, []string{"ndjson", "csv", "parquet", "json"})
	s.destination = "destination:\n  connection: minio\n  format: " + s.format + "\n" + s.chooseDestination(r)
	var key []string
	for _, c := range t.key {
		key = append(key, c.name)
	}
	model := "connection: postgres\nsql: " + yaml(fmt.Sprintf(s.sql, t.name)) + "\nprimary_key: " + yaml(key) + "\n"
	if column, ok := s.partition(r); ok && !ordered {
		model += fmt.Sprintf("partition: {column: %s, count: %d}\n", yaml(column), 1+r.IntN(4))
	}
	s.files = map[string]string{"models/" + s.name + ".yaml": model, s.file(): s.definition(lines)}
	return s
}

func (s *randomSync) file() string { return "syncs/" + s.name + ".yaml" }

func (s *randomSync) definition(lines string) string {
	return "model: " + s.name + "\nmode: diff\n" + lines + s.destination
}

// chooseModel chooses the SQL, and says whether it has an order.
func (s *randomSync) chooseModel(r *rand.Rand) (ordered bool) {
	var names []string
	for _, c := range s.columns {
		names = append(names, "t."+quoted(c.name))
	}
	list := strings.Join(names, ", ")
	switch r.IntN(5) {
	case 0:
		s.sql = "select * from %s"
		s.columns = append(s.columns, randomColumn{"noise", typeNamed("integer")})
	case 1:
		s.sql = "select " + list + " from %s t where noise %% 5 <> 0"
	case 2:
		s.sql = "select " + list + ", l.label, l.weight from %s t join labels l on l.id = t.noise %% 6"
		s.columns = append(s.columns, randomColumn{"label", typeNamed("text")}, randomColumn{"weight", typeNamed("numeric")})
	case 3:
		s.sql = "select " + list + " from %s t order by noise, " + names[0]
		return true
	default:
		s.sql = "select " + list + " from %s t"
	}
	return false
}

func (s *randomSync) partition(r *rand.Rand) (string, bool) {
	c := pickOf(r, s.columns)
	if s.table.large {
		c = s.columns[0]
	}
	return c.name, c.typ.ordered && r.IntN(6) > 0
}

func columnField(name string, c randomColumn) *sentField {
	return &sentField{
		name: name, typ: c.typ, line: fmt.Sprintf("  - {column: %s, as: %s}\n", yaml(c.name), yaml(name)),
		written:  func(row, _ string) string { return c.typ.written(row + "." + quoted(c.name)) },
		compared: []func(string) string{func(row string) string { return c.typ.text(row + "." + quoted(c.name)) }},
	}
}

// chooseFields chooses columns or a mapping, and returns its lines.
func (s *randomSync) chooseFields(r *rand.Rand) string {
	if r.IntN(5) < 2 {
		wanted := append([]randomColumn{}, s.columns...)
		r.Shuffle(len(wanted), func(i, k int) { wanted[i], wanted[k] = wanted[k], wanted[i] })
		return s.chooseMapping(r, wanted[:1+r.IntN(len(wanted))])
	}
	renamed := r.IntN(3) > 0
	for i, c := range s.columns {
		name := c.name
		if renamed && r.IntN(4) == 0 {
			name = fmt.Sprintf("as %d", i)
		}
		s.choices = append(s.choices, columnField(name, c))
	}
	if renamed {
		return s.chooseColumns(r)
	}
	s.fields = s.choices
	return ""
}

// chooseColumns chooses some columns, and knows which the last choice had not.
func (s *randomSync) chooseColumns(r *rand.Rand) string {
	wanted := append([]*sentField{}, s.choices...)
	r.Shuffle(len(wanted), func(i, k int) { wanted[i], wanted[k] = wanted[k], wanted[i] })
	wanted = wanted[:1+r.IntN(len(wanted))]
	var lines strings.Builder
	lines.WriteString("columns:\n")
	for _, f := range wanted {
		f.fresh = !slices.Contains(s.fields, f)
		lines.WriteString(f.line)
	}
	s.fields = wanted
	return lines.String()
}

var plainName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// chooseMapping maps columns, and adds fields that are made of them.
func (s *randomSync) chooseMapping(r *rand.Rand, wanted []randomColumn) string {
	var lines strings.Builder
	lines.WriteString("mapping:\n")
	add := func(expr string, f *sentField) {
		fmt.Fprintf(&lines, "  %s: %s\n", yaml(f.name), expr)
		s.fields = append(s.fields, f)
	}
	var texts, parts []randomColumn // that can stand in a template, in an object
	for _, c := range s.columns {
		if plain := plainName.MatchString(c.name); plain && (c.typ.name == "text" || c.typ.name == "integer" || c.typ.name == "smallint") {
			texts = append(texts, c)
		}
		if c.typ.element == nil && (c.typ.readAs() == c.typ.name) {
			switch c.typ.name {
			case "text", "integer", "smallint", "boolean", "uuid", "mood":
				parts = append(parts, c)
			}
		}
	}
	for i, c := range wanted {
		add(yaml(map[string]string{"column": c.name}), columnField(fmt.Sprintf("f %d", i), c))
	}
	if r.IntN(2) == 0 {
		add("{variable: op}", &sentField{name: "op", typ: typeNamed("text"), written: func(_, op string) string { return op }})
	}
	if r.IntN(2) == 0 {
		add("{static: 7}", &sentField{name: "seven", typ: typeNamed("integer"), written: func(string, string) string { return "'7'" }})
	}
	if len(texts) > 0 && r.IntN(3) > 0 {
		a, b := pickOf(r, texts), pickOf(r, texts)
		made := func(row string) string {
			return fmt.Sprintf("concat(%s.%s, ' – ', %[1]s.%[3]s)", row, quoted(a.name), quoted(b.name))
		}
		add(yaml(map[string]string{"template": "{{ " + a.name + " }} – {{ " + b.name + " }}"}), &sentField{
			name: "made", typ: typeNamed("text"), compared: []func(string) string{made}, written: func(row, _ string) string { return made(row) }})
	}
	if len(parts) > 0 && r.IntN(3) > 0 {
		addObject(add, parts[:1+r.IntN(len(parts))])
	}
	return lines.String()
}

// addObject adds an object of columns.
func addObject(add func(string, *sentField), parts []randomColumn) {
	inner, field := map[string]map[string]string{}, &sentField{name: "inner", typ: typeNamed("jsonb")}
	for i, c := range parts {
		name := fmt.Sprintf("p%02d", i) // sorted, as yaml writes them
		inner[name] = map[string]string{"column": c.name}
		field.parts = append(field.parts, randomColumn{name, c.typ})
		field.compared = append(field.compared, func(row string) string { return c.typ.text(row + "." + quoted(c.name)) })
	}
	field.written = func(row, _ string) string {
		var all []string
		for i, c := range parts {
			all = append(all, fmt.Sprintf("'p%02d', %s.%s", i, row, quoted(c.name)))
		}
		return "jsonb_build_object(" + strings.Join(all, ", ") + ")::text"
	}
	add(yaml(map[string]any{"object": inner}), field)
}

func (s *randomSync) chooseDestination(r *rand.Rand) string {
	lines := "  path: '{sync.id}/{sync.run.id}{ext}'\n"
	choices := []string{"none", "gzip", "zstd"}
	if s.format == "parquet" {
		choices = append(choices, "snappy")
	}
	s.compression = pickOf(r, choices)
	lines += "  compression: " + s.compression + "\n"
	if s.format == "csv" {
		s.csv = csvChoice{delimiter: pickOf(r, []string{",", ";", "|", "~"}), header: r.IntN(2) == 0, null: pickOf(r, []string{"", "", "NULL", "-"})}
		lines += fmt.Sprintf("  csv: {delimiter: '%s', header: %t, null: '%s', quote: %s, line_ending: %s}\n", s.csv.delimiter, s.csv.header, s.csv.null,
			pickOf(r, []string{"needed", "strings", "all"}), pickOf(r, []string{"lf", "crlf"}))
	}
	if s.skipEmpty = r.IntN(4) == 0; s.skipEmpty {
		lines += "  skip_empty: true\n"
	}
	if r.IntN(5) == 0 {
		lines += "  batch: {rows: 50}\n"
	}
	return lines
}
