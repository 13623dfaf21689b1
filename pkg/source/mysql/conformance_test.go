package mysql

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
	"github.com/longshore/longshore/pkg/source/sourcetest"

	client "github.com/go-sql-driver/mysql"
)

const password = "mariadb-test-secret"

func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{
		Driver:   Driver{},
		Database: servertest.MariaDB,
		Exec:     execute,
		Types:    types,
		Failures: failures,
		Numbers: func(table string, n int) []string {
			return []string{
				"CREATE TABLE " + table + " (id bigint PRIMARY KEY, label varchar(40) NOT NULL, part bigint)",
				fmt.Sprintf("INSERT INTO %s SELECT seq, CONCAT('number ', seq), IF(seq %% 7 > 0, seq %% 1000, NULL) FROM seq_0_to_%d", table, n-1),
			}
		},
		Endless:  "SELECT seq, REPEAT('x', 1000) AS filler, 'endless' AS marker FROM seq_1_to_1000000000000",
		Marker:   "endless",
		Running:  running,
		Password: password,
	})
}

func connect(t testing.TB, address string) *sql.DB {
	t.Helper()
	options, err := parseURL(source.Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	connector, err := client.NewConnector(options)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1) // statements share one session
	return db
}

func execute(t testing.TB, address string, statements ...string) {
	t.Helper()
	db := connect(t, address)
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func running(t testing.TB, address, marker string) (n int) {
	t.Helper()
	db := connect(t, address)
	defer db.Close()
	const sql = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE ? AND command = 'Execute' AND id <> CONNECTION_ID()"
	if err := db.QueryRowContext(t.Context(), sql, "%"+marker+"%").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// edit is a URL with parts of it replaced.
func edit(change func(*url.URL)) func(string) string {
	return func(address string) string {
		u, err := url.Parse(address)
		if err != nil {
			panic(err) // servertest made it
		}
		change(u)
		return u.String()
	}
}

// asReader is the URL of a user who may log in, and read one column of one table.
var asReader = edit(func(u *url.URL) { u.User = url.UserPassword("reader", password) })

var createReader = []string{
	"CREATE USER IF NOT EXISTS reader@'%' IDENTIFIED BY '" + password + "'",
	"CREATE TABLE secrets (a int, b int)",
	"GRANT SELECT (a) ON secrets TO reader@'%'",
}

var failures = []sourcetest.Failure{
	{
		Name: "wrong password", SQL: "SELECT 1", Kind: fault.Denied, Says: []string{"1045", "owner", "check user and password"},
		URL: edit(func(u *url.URL) { u.User = url.UserPassword("owner", "x"+password) }),
	},
	{
		Name: "no database", SQL: "SELECT 1", Kind: fault.NotFound, Says: []string{"nowhere", "1049", "check the database name"},
		URL: edit(func(u *url.URL) { u.Path = "/nowhere" }),
	},
	{
		Name: "no host", SQL: "SELECT 1", Kind: fault.NotFound, Says: []string{"nowhere.invalid:3306", "check the host name"},
		URL: edit(func(u *url.URL) { u.Host = "nowhere.invalid" }),
	},
	{
		Name: "nothing listens", SQL: "SELECT 1", Kind: fault.Temporary, Says: []string{"127.0.0.1:1", "refused", "start MySQL"},
		URL: edit(func(u *url.URL) { u.Host = "127.0.0.1:1" }),
	},
	{
		Name: "a URL that can't be parsed", SQL: "SELECT 1", Kind: fault.Invalid, Says: []string{"mysql://USER:PASSWORD@HOST"},
		URL: func(string) string { return "mysql://owner:" + password + "%zz@127.0.0.1/db" },
	},
	{
		Name: "an unknown setting", SQL: "SELECT 1", Kind: fault.Invalid, Says: []string{`"allowAllFiles"`},
		URL: edit(func(u *url.URL) { u.RawQuery = "allowAllFiles=true" }),
	},
	{
		Name: "no TLS", SQL: "SELECT 1", Kind: fault.Denied, Says: []string{"tls=false"},
		URL: edit(func(u *url.URL) { u.RawQuery = "tls=skip-verify" }),
	},
	{
		Name: "no grant on the database", Setup: createReader[:1], SQL: "SELECT 1", Kind: fault.Denied, Says: []string{"1044", "grant"},
		URL: asReader,
	},
	{
		Name: "no grant on the column", Setup: createReader, SQL: "SELECT a, b FROM secrets", Kind: fault.Denied,
		URL: asReader, Says: []string{"1143", "'b'", "SELECT"},
	},
	{
		Name: "no grant on the table", Setup: append(createReader, "CREATE TABLE hidden (a int)"), SQL: "SELECT a FROM hidden",
		Kind: fault.Denied, URL: asReader, Says: []string{"1142", "hidden", "SELECT"},
	},
	{Name: "syntax", SQL: "SELECT 1 AS a,\n  2 FRM t u", Kind: fault.Invalid, Says: []string{"orders", "[1064]", "at 2:9", `"t u"`}},
	{Name: "syntax at the end", SQL: "SELECT 1 AS a,", Kind: fault.Invalid, Says: []string{"[1064]", "at 1:15"}},
	{Name: "syntax under a limit", SQL: "SELECT 1 AS a\nFROM FROM\nLIMIT 1", Kind: fault.Invalid, Says: []string{"[1064]", "at 2:6"}},
	{Name: "no table", SQL: "SELECT * FROM nowhere", Kind: fault.NotFound, Says: []string{"nowhere", "1146", "database.table"}},
	{Name: "no column", SQL: "SELECT nowhere FROM seq_1_to_2", Kind: fault.Invalid, Says: []string{"nowhere", "1054"}},
	{Name: "no function", SQL: "SELECT nowhere(1)", Kind: fault.Invalid, Says: []string{"nowhere", "1305"}},
	{Name: "empty", SQL: " -- nothing\n;", Kind: fault.Invalid, Says: []string{"empty"}},
	{Name: "writes", SQL: "DROP TABLE t", Kind: fault.Invalid, Says: []string{`"drop"`, "SELECT or WITH"}},
	{Name: "writes a file", SQL: "SELECT 1 /*!50000 INTO OUTFILE */ 'x'", Kind: fault.Invalid, Says: []string{"a model may only read"}},
	{
		Name: "writes in a function", Kind: fault.Invalid, SQL: "SELECT add_one() AS c", Says: []string{"1792", "a model may only read"},
		Setup: []string{
			"CREATE TABLE log (a int)",
			"CREATE FUNCTION add_one() RETURNS int NOT DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO log VALUES (1); RETURN 1; END",
		},
	},
	{Name: "two statements", SQL: "SELECT 1; DROP TABLE t", Kind: fault.Invalid, Says: []string{"1064"}},
	{Name: "parameters", SQL: "SELECT ? AS a", Kind: fault.Invalid, Says: []string{"parameters"}},
	{Name: "two columns of one name", SQL: "SELECT 1 AS a, 2 AS a", Kind: fault.Invalid, Says: []string{`"a"`, "AS"}},
	{Name: "a column without a name", SQL: "SELECT 1 AS a, '' ", Kind: fault.Invalid, Says: []string{"column 2", "AS"}},
	{
		Name: "geometry", SQL: "SELECT 1 AS a, POINT(1, 2) AS g", Kind: fault.Invalid, Says: []string{`"g"`, "ST_AsText(`g`)"},
	},
	{
		Name: "a day that no month has", Kind: fault.Invalid, Reading: true, Says: []string{`column "c", row 1`, "calendar", "CAST(`c` AS CHAR)"},
		Setup: []string{"CREATE TABLE days (c date)", "SET SESSION sql_mode = ''", "INSERT INTO days VALUES ('2024-00-00')"},
		SQL:   "SELECT c FROM days",
	},
	{
		Name: "an unsigned decimal of full length", Kind: fault.Invalid, Reading: true, Says: []string{`column "c", row 2`, "CAST(`c` AS DECIMAL"},
		Setup: []string{"CREATE TABLE prices (id int PRIMARY KEY, c decimal(5,2) unsigned)", "INSERT INTO prices VALUES (1, 99.99), (2, 999.99)"},
		SQL:   "SELECT c FROM prices ORDER BY id",
	},
	{
		Name: "an error in the middle", Kind: fault.Invalid, Reading: true, Says: []string{"1242", "more than 1 row"},
		SQL: "SELECT (SELECT b.seq FROM seq_1_to_2 AS b WHERE b.seq = 1 OR a.seq = 300000) AS c FROM seq_1_to_400000 AS a",
	},
}

// The split's conditions hold each row once for keys that sort in another order
// than they compare.
func TestEnumKeysAreInOneSplit(t *testing.T) {
	address := servertest.MariaDB(t)
	execute(t, address,
		"CREATE TABLE moods (id bigint, mood enum('zeal', 'joy', 'awe', 'Ire', 'fear'))",
		"INSERT INTO moods SELECT seq, ELT(seq % 6 + 1, 'zeal', 'joy', 'awe', 'Ire', 'fear', NULL) FROM seq_1_to_400000")
	db := openDatabase(t, address)
	q := source.Query{Name: "moods", SQL: "SELECT id, mood FROM moods", PartitionColumn: "mood"}
	splits, err := db.Split(t.Context(), q, 4)
	if err != nil {
		t.Fatal(err)
	}
	if len(splits.Splits) < 2 {
		t.Fatalf("got %d splits, want several", len(splits.Splits))
	}
	seen := map[int64]bool{}
	for _, s := range splits.Splits {
		for _, id := range ids(t, db, q, s) {
			if seen[id] {
				t.Fatalf("the row %d is in two splits", id)
			}
			seen[id] = true
		}
	}
	if len(seen) != 400_000 {
		t.Errorf("got %d rows, want 400000", len(seen))
	}
}

// Rows come in the model's order, which a query around it would lose.
func TestOrderStays(t *testing.T) {
	address := servertest.MariaDB(t)
	execute(t, address, "CREATE TABLE numbers AS SELECT seq AS id FROM seq_1_to_300000")
	db := openDatabase(t, address)
	for _, order := range []string{"ORDER BY id DESC", "order/* */by id desc limit 250000"} {
		q := source.Query{Name: "numbers", SQL: "SELECT CAST(id AS SIGNED) AS id FROM numbers " + order, PartitionColumn: "id"}
		splits, err := db.Split(t.Context(), q, 4)
		if err != nil {
			t.Fatal(err)
		}
		if len(splits.Splits) != 1 || !splits.Consistent {
			t.Fatalf("got %d splits, consistent %v; want one", len(splits.Splits), splits.Consistent)
		}
		last := int64(300_001)
		for _, id := range ids(t, db, q, splits.Splits[0]) {
			if id != last-1 {
				t.Fatalf("%s: got %d after %d", strings.ToLower(order), id, last)
			}
			last = id
		}
	}
}
