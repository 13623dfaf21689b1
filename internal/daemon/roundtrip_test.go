package daemon_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/servertest"
)

// readBack is how ClickHouse is asked for values as they are in the file.
const readBack = " settings date_time_input_format = 'best_effort'"

// An object written from PostgreSQL reads back equal, value by value: what the
// file says as text, and what another program's types make of it.
func TestReadsBackEqual(t *testing.T) {
	s := newStage(t)
	s.makeEdges()
	s.produce()
	s.work()
	tests := []struct{ format, reader string }{
		{"csv", "CSVWithNames"}, {"ndjson", "JSONEachRow"}, {"json", "JSONEachRow"}, {"parquet", "Parquet"},
	}
	for _, tt := range tests {
		t.Run(tt.format, func(t *testing.T) {
			s := s.in(t)
			key := s.exportEdges(tt.format, "")
			if tt.format == "parquet" {
				s.compareTyped(tt.reader, key)
				s.compareDuck(key)
				return
			}
			s.compareText(tt.reader, key, "")
			s.compareTyped(tt.reader, key)
			if tt.format == "csv" {
				s.compareDuckCSV(key, dialect{})
			}
		})
	}
}

// in is the stage in a subtest.
func (s *stage) in(t *testing.T) *stage {
	inner := *s
	inner.t = t
	return &inner
}

// makeEdges makes a table with a row for each of the longest column's values;
// the others end in nulls.
func (s *stage) makeEdges() {
	s.t.Helper()
	db := s.postgres()
	exec1(s.t, db, "create type mood as enum ('fine', 'so \"so\", really', '日本')", "create type pair as (a int, b text)", "create domain rank as int")
	columns := []string{"id int primary key"}
	for _, e := range edges {
		columns = append(columns, quoted(e.name)+" "+e.pg)
	}
	exec1(s.t, db, "create table edges ("+strings.Join(columns, ", ")+")")
	for row := range rowsOfEdges() {
		names, literals, args := []string{"id"}, []string{fmt.Sprint(row)}, []any{}
		for _, e := range edges {
			if row < len(e.values) {
				args = append(args, e.values[row].in)
				names = append(names, quoted(e.name))
				literals = append(literals, fmt.Sprintf("$%d::text::%s", len(args), e.pg))
			}
		}
		insert := "insert into edges (" + strings.Join(names, ", ") + ") values (" + strings.Join(literals, ", ") + ")"
		if _, err := db.ExecContext(s.t.Context(), insert, args...); err != nil {
			s.t.Fatalf("row %d: %v", row, err)
		}
	}
	// A function of which the server expects many rows has the small table cut
	// into parts.
	exec1(s.t, db, "analyze edges",
		"create function once() returns setof int stable rows 1000000 language plpgsql as 'begin return next 1; end'")
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// rowsOfEdges is one row more than values, so that all columns have a null.
func rowsOfEdges() int {
	n := 0
	for _, e := range edges {
		n = max(n, len(e.values)+1)
	}
	return n
}

// exportEdges runs a sync of three parts and returns the object's key. More is
// further lines of its destination.
func (s *stage) exportEdges(format, more string) (key string) {
	s.t.Helper()
	s.push(map[string]string{
		"models/edges.yaml": "connection: postgres\nsql: select e.* from edges e, once()\nprimary_key: id\npartition: {column: id, count: 3}\n",
		"syncs/edges.yaml": "model: edges\nmode: all\ndestination:\n  connection: minio\n  path: '{sync.run.id}{ext}'\n  format: " +
			format + "\n" + more,
	})
	r := s.done(ledger.Export, "edges")
	var m export.Manifest
	if err := s.ledger.Manifest(s.t.Context(), r.ID, &m); err != nil {
		s.t.Fatal(err)
	}
	if r.Parts < 2 || len(m.Objects) != 1 {
		s.t.Fatalf("got %d parts and objects %+v, want several parts and one object", r.Parts, m.Objects)
	}
	return m.Objects[0].Key
}

// compareText has ClickHouse read all columns as text.
func (s *stage) compareText(reader, key, settings string) {
	s.t.Helper()
	structure, list := []string{"id Int32"}, []string{}
	for _, e := range edges {
		structure = append(structure, backquoted(e.name)+" Nullable(String)")
		list = append(list, backquoted(e.name))
	}
	from := s.s3(key, reader, strings.Join(structure, ", "))
	got := readTexts(s.t, s.clickhouse(), "select "+strings.Join(list, ", ")+" from "+from+" order by id"+readBack+settings)
	for i, e := range edges {
		want := func(text string) string { return text }
		if e.json != nil && strings.HasPrefix(reader, "JSON") {
			want = e.json
		}
		compareColumn(s.t, e, "as text", column(got, i), want, e.pg == "jsonb" && strings.HasPrefix(reader, "JSON"))
	}
}

// compareTyped has ClickHouse read the columns as its own types.
func (s *stage) compareTyped(reader, key string) {
	s.t.Helper()
	structure, list, read := []string{"id Int32"}, []string{}, []edge{}
	for _, e := range edges {
		as := e.typed.as
		isArray := strings.HasPrefix(as, "Array(")
		if as == "" || isArray && strings.HasPrefix(reader, "CSV") { // ClickHouse's arrays in CSV aren't JSON
			continue
		}
		if !isArray {
			as = "Nullable(" + as + ")"
		}
		structure = append(structure, backquoted(e.name)+" "+as)
		list = append(list, inText(e.typed.expr, "toString(%s)", backquoted(e.name)))
		read = append(read, e)
	}
	from := s.s3(key, reader, strings.Join(structure, ", "))
	got := readTexts(s.t, s.clickhouse(), "select "+strings.Join(list, ", ")+" from "+from+" order by id"+readBack)
	for i, e := range read {
		values := column(got, i)
		if strings.HasPrefix(e.typed.as, "Array(") {
			values = emptyIsNull(values, e)
		}
		compareColumn(s.t, e, "as "+e.typed.as, values, e.typed.want, false)
	}
}

// compareDuck has DuckDB read Parquet.
func (s *stage) compareDuck(key string) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "edges.parquet")
	if err := os.WriteFile(file, s.download(key), 0o600); err != nil {
		s.t.Fatal(err)
	}
	var list []string
	for i, e := range edges {
		if e.duck.as != notRead.as {
			list = append(list, inText(e.duck.expr, "%s::varchar", quoted(e.name))+fmt.Sprintf(" as c%d", i))
		}
	}
	rows := servertest.DuckDB(s.t, "select "+strings.Join(list, ", ")+" from '"+file+"' order by id")
	for i, e := range edges {
		if e.duck.as == notRead.as {
			continue
		}
		var got []sql.NullString
		for _, row := range rows {
			text, ok := row[fmt.Sprintf("c%d", i)].(string)
			got = append(got, sql.NullString{String: text, Valid: ok})
		}
		compareColumn(s.t, e, "by DuckDB", got, e.duck.want, false)
	}
}

// inText is an expression that makes text of a column and leaves nulls null.
func inText(expr, otherwise, name string) string {
	if expr == "" {
		expr = otherwise
	}
	return "case when " + name + " is not null then " + strings.ReplaceAll(expr, "%s", name) + " end"
}

func backquoted(name string) string { return "`" + name + "`" }

func compareColumn(t *testing.T, e edge, how string, got []sql.NullString, want func(string) string, nullIsNull bool) {
	t.Helper()
	if len(got) != rowsOfEdges() {
		t.Fatalf("%s %s: got %d rows, want %d", e.name, how, len(got), rowsOfEdges())
	}
	if want == nil {
		want = asIs
	}
	for row, g := range got {
		var w sql.NullString
		if row < len(e.values) && !(nullIsNull && e.values[row].text == "null") { // JSON's own null and a missing value are one
			w = sql.NullString{String: want(e.values[row].text), Valid: true}
		}
		if g != w {
			t.Errorf("%s (%s), row %d, %s: got %s, want %s", e.name, e.pg, row, how, shown(g), shown(w))
		}
	}
}

func shown(v sql.NullString) string {
	if !v.Valid {
		return "NULL"
	}
	if len(v.String) > 300 {
		return fmt.Sprintf("%q… (%d bytes)", v.String[:300], len(v.String))
	}
	return fmt.Sprintf("%q", v.String)
}

// readTexts returns rows of texts.
func readTexts(t *testing.T, db *sql.DB, query string) (all [][]sql.NullString) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%v: %s", err, tail(query, 1000))
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%v: %s", err, tail(query, 1000))
	}
	return all
}

func column(rows [][]sql.NullString, i int) []sql.NullString {
	out := make([]sql.NullString, len(rows))
	for n, row := range rows {
		out[n] = row[i]
	}
	return out
}

// emptyIsNull makes nulls of empty arrays where nulls are due: ClickHouse's
// arrays can't be null.
func emptyIsNull(values []sql.NullString, e edge) []sql.NullString {
	for row := len(e.values); row < len(values); row++ {
		if values[row].String == "[]" {
			values[row] = sql.NullString{}
		}
	}
	return values
}

// download returns an object of the data bucket.
func (s *stage) download(key string) []byte {
	s.t.Helper()
	body, _, err := s.bucket(s.data).Get(s.t.Context(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	return body
}
