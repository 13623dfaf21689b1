package mysql

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, sql, want  string
		ordered, limited bool
	}{
		{"plain", "SELECT 1", "SELECT 1", false, false},
		{"semicolons and comments", "SELECT 1 ; -- end\n# end\n/* end */ ;", "SELECT 1", false, false},
		{"two minus", "SELECT 1--1", "SELECT 1--1", false, false},
		{"order", "SELECT a FROM t ORDER /* x */ BY a", "SELECT a FROM t ORDER /* x */ BY a", true, false},
		{"limit", "select a from t limit 5", "select a from t limit 5", false, true},
		{"inside", "SELECT a, ROW_NUMBER() OVER (ORDER BY a) FROM (SELECT 1 AS a LIMIT 1) q", "SELECT a, ROW_NUMBER() OVER (ORDER BY a) FROM (SELECT 1 AS a LIMIT 1) q", false, false},
		{"all inside", "(SELECT a FROM t ORDER BY a LIMIT 1)", "(SELECT a FROM t ORDER BY a LIMIT 1)", true, true},
		{"quoted", "SELECT 'limit \\' ''order by', `limit\\`, \"limit\" FROM t", "SELECT 'limit \\' ''order by', `limit\\`, \"limit\" FROM t", false, false},
		{"a comment that runs", "SELECT a FROM t /*!50001 LIMIT 5 */", "SELECT a FROM t /*!50001 LIMIT 5 */", false, true},
		{"a comment that runs in MariaDB", "SELECT a FROM t /*M!100100 LIMIT 5*/;", "SELECT a FROM t /*M!100100 LIMIT 5*/", false, true},
		{"a variable and a name", "SELECT limit$, byte FROM t", "SELECT limit$, byte FROM t", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parse(c.sql)
			if err != nil {
				t.Fatal(err)
			}
			if got.sql != c.want || got.ordered != c.ordered || got.limited != c.limited {
				t.Errorf("got %+v, want %+v", got, c)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, sql := range []string{"", ";", "# nothing", "/* open", "INSERT INTO t VALUES (1)", "/*! DELETE FROM t */", "SELECT 1 INTO/**/DUMPFILE '/x'"} {
		if _, err := parse(sql); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v, want an invalid", sql, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, sql := range []string{"SELECT 1 -- x", "SELECT '", "WITH `a` AS (SELECT 1) SELECT /*! 2 */ \"\\", "select ((", "/*", "SELECT --"} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		s, err := parse(sql)
		if err != nil {
			return
		}
		if !strings.HasPrefix(sql, s.sql) || s.sql == "" {
			t.Fatalf("got %q of %q", s.sql, sql)
		}
		again, err := parse(s.sql)
		if err != nil || again != s {
			t.Fatalf("got %+v, %v again, want %+v", again, err, s)
		}
	})
}

func TestPosition(t *testing.T) {
	const sql = "SELECT 'ž', a FRM t,\n  b c d"
	for _, c := range []struct {
		near string
		line int
		want string
	}{
		{"FRM t,\n  b c d", 1, "1:15"}, {"c d", 2, "2:5"}, {"", 2, "2:8"}, {"nowhere", 2, "2"}, {"x", 9, "9"}, {"c d", 1, "1"},
	} {
		if got := position(sql, c.near, c.line); got != c.want {
			t.Errorf("%q in line %d: got %s, want %s", c.near, c.line, got, c.want)
		}
	}
}
