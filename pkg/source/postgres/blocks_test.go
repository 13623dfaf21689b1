package postgres

import "testing"

func TestSingleTable(t *testing.T) {
	const cut = "ctid >= '(5,0)'::pg_catalog.tid AND "
	const end = "ctid < '(9,0)'::pg_catalog.tid"
	for _, c := range []struct{ name, sql, want string }{
		{"star", "SELECT * FROM orders", "SELECT * FROM orders\nWHERE orders." + cut + "orders." + end},
		{"schema and alias", `select o."id" from "Sales".Orders as o`, `select o."id" from "Sales".Orders as o` + "\nWHERE o." + cut + "o." + end},
		{"alias without as", "SELECT 1 FROM a.b.c x", "SELECT 1 FROM a.b.c x\nWHERE x." + cut + "x." + end},
		{"qualified", `SELECT 1 FROM s."T t"`, `SELECT 1 FROM s."T t"` + "\nWHERE " + `"T t".` + cut + `"T t".` + end},
		{"where", "SELECT * FROM t WHERE a OR b -- c\n AND d", "SELECT * FROM t WHERE t." + cut + "t." + end + " AND ( a OR b -- c\n AND d\n)"},
		{"from inside", "SELECT extract(year FROM d), (SELECT 1 FROM x) FROM t", "SELECT extract(year FROM d), (SELECT 1 FROM x) FROM t\nWHERE t." + cut + "t." + end},
		{"comment", "SELECT * FROM t -- WHERE x", "SELECT * FROM t\nWHERE t." + cut + "t." + end},
		{"join", "SELECT * FROM t JOIN u USING (id)", ""},
		{"natural join", "SELECT * FROM t NATURAL JOIN u", ""},
		{"comma", "SELECT * FROM t, u", ""},
		{"comma after alias", "SELECT * FROM t a, u", ""},
		{"subquery", "SELECT * FROM (SELECT 1) t", ""},
		{"function", "SELECT * FROM f(1)", ""},
		{"only", "SELECT * FROM ONLY t", ""},
		{"sample", "SELECT * FROM t TABLESAMPLE system (1)", ""},
		{"sample of alias", "SELECT * FROM t a TABLESAMPLE system (1)", ""},
		{"column aliases", "SELECT * FROM t AS a (x, y)", ""},
		{"inheritance star", "SELECT * FROM t *", ""},
		{"group", "SELECT count(*) FROM t GROUP BY x", ""},
		{"group after where", "SELECT count(*) FROM t WHERE x GROUP BY x", ""},
		{"order", "SELECT * FROM t ORDER BY 1", ""},
		{"limit", "SELECT * FROM t LIMIT 5", ""},
		{"limit all", "SELECT * FROM t LIMIT ALL", ""},
		{"limit after where", "SELECT * FROM t WHERE x LIMIT 5", ""},
		{"for update", "SELECT * FROM t FOR UPDATE", ""},
		{"union", "SELECT * FROM t UNION SELECT * FROM u", ""},
		{"union after where", "SELECT * FROM t WHERE x UNION SELECT * FROM u", ""},
		{"distinct from", "SELECT a IS DISTINCT FROM b FROM t", ""},
		{"with", "WITH t AS (SELECT 1) SELECT * FROM t", ""},
		{"parentheses", "(SELECT * FROM t)", ""},
		{"values", "VALUES (1)", ""},
		{"no table", "SELECT 1", ""},
		{"empty where", "SELECT * FROM t WHERE", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := parse(c.sql)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if table, ok := s.singleTable(); ok {
				got = table.within(blockRange{5, 9})
			}
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
