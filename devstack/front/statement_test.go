package front

import "testing"

func TestParseInsert(t *testing.T) {
	for _, q := range []struct {
		sql                                   string
		head, target, columns, format, inline string
	}{
		{"INSERT INTO t", "INSERT INTO t", "t", "", "", ""},
		{"insert into db.`t t` (a, `b,)`) values", "insert into db.`t t` (a, `b,)`) ", "db.`t t`", "a, `b,)`", "Values", ""},
		{"INSERT INTO t VALUES (1, 'VALUES')", "INSERT INTO t ", "t", "", "Values", " (1, 'VALUES')"},
		{"/* c */ INSERT INTO TABLE t(a) SETTINGS x = 'FORMAT', y=(1) FORMAT CSV\n1,2", "/* c */ INSERT INTO TABLE t(a) SETTINGS x = 'FORMAT', y=(1) ", "t", "a", "CSV", "1,2"},
		{"INSERT INTO t FORMAT Native", "INSERT INTO t ", "t", "", "Native", ""},
		{"INSERT INTO t FORMAT JSONEachRow {\"a\":1}", "INSERT INTO t ", "t", "", "JSONEachRow", "{\"a\":1}"},
		{"INSERT INTO FUNCTION s3('x', 'y (') (a) VALUES", "INSERT INTO FUNCTION s3('x', 'y (') (a) ", "s3('x', 'y (')", "a", "Values", ""},
		{"INSERT INTO {db:Identifier}.{t:Identifier} (a) FORMAT TSV", "INSERT INTO {db:Identifier}.{t:Identifier} (a) ", "{db:Identifier}.{t:Identifier}", "a", "TSV", ""},
		{"-- VALUES\nINSERT INTO t (a) -- comment (\n VALUES (1);", "-- VALUES\nINSERT INTO t (a) -- comment (\n ", "t", "a", "Values", " (1);"},
	} {
		got, ok := parseInsert(q.sql)
		if !ok {
			t.Errorf("%s: not recognized", q.sql)
			continue
		}
		if inline := q.sql[got.dataAt:]; got.head != q.head || got.target != q.target || got.columns != q.columns || got.format != q.format || inline != q.inline {
			t.Errorf("%s: got %+v and %q", q.sql, got, inline)
		}
	}
	for _, sql := range []string{"SELECT 1", "INSERT INTO t SELECT 1", "INSERT INTO t (a) SELECT 1 FORMAT JSON", "INSERT INTO t (a) WITH 1 AS x SELECT x", "INSERT INTO t (SELECT 1)", "INSERT INTO t (a) (SELECT 1)", "INSERT INTO t FROM INFILE 'x' FORMAT CSV", "", "CREATE TABLE t (a UInt8) ENGINE = Memory"} {
		if got, ok := parseInsert(sql); ok {
			t.Errorf("%s: recognized as %+v", sql, got)
		}
	}
}

func TestSplitFormat(t *testing.T) {
	for _, q := range []struct{ sql, rest, format string }{
		{"SELECT 1", "SELECT 1", ""},
		{"SELECT 1 FORMAT JSON", "SELECT 1  ", "JSON"},
		{"SELECT 1 format TSV ;", "SELECT 1   ;", "TSV"},
		{"SELECT 1 FORMAT CSV SETTINGS a = 1", "SELECT 1   SETTINGS a = 1", "CSV"},
		{"SELECT format FROM t", "SELECT format FROM t", ""},
		{"SELECT format('{}', 1)", "SELECT format('{}', 1)", ""},
		{"SELECT 'x FORMAT JSON'", "SELECT 'x FORMAT JSON'", ""},
		{"SELECT 1 -- FORMAT JSON", "SELECT 1 -- FORMAT JSON", ""},
	} {
		if rest, format := splitFormat(q.sql); rest != q.rest || format != q.format {
			t.Errorf("%s: got %q, %q", q.sql, rest, format)
		}
	}
}

func TestColumnNames(t *testing.T) {
	for _, q := range []struct {
		list  string
		want  string
		plain bool
	}{
		{"a, b", "a|b", true}, {"`a,b`, \"c\"\"d\"", "a,b|c\"d", true}, {"n.a, `n`.`b`", "n.a|n.b", true},
		{"* EXCEPT a", "", false}, {"*", "", false}, {"COLUMNS('x')", "", false},
	} {
		names, plain := columnNames(q.list)
		got := ""
		for i, name := range names {
			if i > 0 {
				got += "|"
			}
			got += name
		}
		if plain != q.plain || plain && got != q.want {
			t.Errorf("%s: got %q %v", q.list, got, plain)
		}
	}
}
