package postgres

import (
	"slices"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, sql, want  string
		ordered, limited bool
	}{
		{"plain", "SELECT 1", "SELECT 1", false, false},
		{"end", " select 1 ; -- ;\n;/* ; */ ", " select 1", false, false},
		{"semicolon in a string", "SELECT ';'", "SELECT ';'", false, false},
		{"leading comments", "/* a /* b */ */ -- SELECT\nWITH x AS (SELECT 1) TABLE x", "/* a /* b */ */ -- SELECT\nWITH x AS (SELECT 1) TABLE x", false, false},
		{"order", "SELECT 1 ORDER /* */ BY 1", "SELECT 1 ORDER /* */ BY 1", true, false},
		{"order in a subquery", "SELECT * FROM (SELECT 1 ORDER BY 1 LIMIT 1) q", "SELECT * FROM (SELECT 1 ORDER BY 1 LIMIT 1) q", false, false},
		{"order in a comment", "SELECT 1 -- ORDER BY 1", "SELECT 1", false, false},
		{"order in strings", `SELECT 'ORDER BY', E'\' ORDER BY', $a$ ORDER BY $$ LIMIT $a$, "ORDER BY"`, `SELECT 'ORDER BY', E'\' ORDER BY', $a$ ORDER BY $$ LIMIT $a$, "ORDER BY"`, false, false},
		{"backslash is no escape", `SELECT '\' ORDER BY 1`, `SELECT '\' ORDER BY 1`, true, false},
		{"all in parentheses", "(SELECT 1 ORDER BY 1 FETCH FIRST ROW ONLY)", "(SELECT 1 ORDER BY 1 FETCH FIRST ROW ONLY)", true, true},
		{"offset", "VALUES (1), (2) OFFSET 1", "VALUES (1), (2) OFFSET 1", false, true},
		{"identifier with a dollar", "SELECT a$b$c FROM t ORDER BY 1", "SELECT a$b$c FROM t ORDER BY 1", true, false},
		{"open string", "SELECT 'a ORDER BY 1", "SELECT 'a ORDER BY 1", false, false},
		{"open comment", "SELECT 1 /* ORDER BY 1", "SELECT 1", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := parse(c.sql)
			if err != nil {
				t.Fatal(err)
			}
			if s.sql != c.want || s.ordered != c.ordered || s.limited != c.limited {
				t.Errorf("got %q, ordered %v, limited %v; want %q, %v, %v", s.sql, s.ordered, s.limited, c.want, c.ordered, c.limited)
			}
		})
	}
}

func TestParseRefusesWhatWrites(t *testing.T) {
	for _, sql := range []string{"", ";", "-- SELECT 1", "INSERT INTO t VALUES (1)", "explain SELECT 1", "(DELETE FROM t)", "COPY t TO STDOUT", "'SELECT 1'", `"select" 1`} {
		if _, err := parse(sql); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v, want an invalid statement", sql, err)
		}
	}
}

func TestFunctions(t *testing.T) {
	s, err := parse(`SELECT a.Random(), "My F" (1), count(*), random(), 'x(' FROM t WHERE (b)`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"random", "My F", "count", "where"}
	if got := s.functions(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPosition(t *testing.T) {
	for _, c := range []struct {
		sql  string
		at   int
		want string
	}{{"abc", 0, "1:1"}, {"a\nbc", 3, "2:2"}, {"čč x", 5, "1:4"}, {"a\n", 2, "2:1"}, {"a", 99, "1:2"}} {
		if got := position(c.sql, c.at); got != c.want {
			t.Errorf("%q at %d: got %s, want %s", c.sql, c.at, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("SELECT $a$ x $a$, E'\\'', /* /* */ */ \"q\" FROM t WHERE (a) ;")
	f.Fuzz(func(t *testing.T, sql string) {
		s, err := parse(sql)
		if err != nil {
			return
		}
		if table, ok := s.singleTable(); ok {
			table.within(blockRange{1, 2})
		}
		end := 0
		for _, token := range s.tokens {
			if token.at < end || token.end <= token.at || token.end > len(sql) {
				t.Fatalf("the token %+v overlaps the one that ends at %d", token, end)
			}
			end = token.end
		}
		s.functions()
	})
}
