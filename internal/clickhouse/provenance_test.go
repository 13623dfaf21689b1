package clickhouse_test

import (
	"fmt"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/schema"
)

func TestRowsKnowTheirFile(t *testing.T) {
	for _, compress := range []string{"none", "lz4"} {
		t.Run(compress, func(t *testing.T) {
			c := open(t, "compress="+compress)
			d := clickhouse.Table{Name: "d", SortingKey: "id", KnowsFiles: true}
			for _, s := range defaults().Columns {
				d.Columns = append(d.Columns, clickhouse.Column{Name: s.Name, Type: s.Type})
			}
			numbered := clickhouse.Table{Name: "numbers", SortingKey: "id", KnowsFiles: true, Columns: []clickhouse.Column{column("id", "UInt64"), column("text", "String")}}
			a, b := clickhouse.FileID("in/a.csv", "e1"), clickhouse.FileID("in/a.csv", "e2")
			for _, table := range []clickhouse.Table{d, numbered} {
				if err := c.EnsureTable(t.Context(), table); err != nil {
					t.Fatal(err)
				}
				if knows, err := c.KnowsFiles(t.Context(), table.Name); err != nil || !knows {
					t.Fatalf("%s: got %v, %v, want a column for files", table.Name, knows, err)
				}
				for _, file := range []uint64{a, a, b, 0} {
					rows := numbers(0, 1000)
					if table.Name == "d" {
						rows = defaults()
					}
					if err := c.Append(t.Context(), clickhouse.Insert{Table: table.Name, Block: rows, File: file, Token: fmt.Sprint(file)}); err != nil {
						t.Fatal(err)
					}
				}
				n := map[string]int{"d": 4, "numbers": 1000}[table.Name]
				got := line(t, c, "SELECT toString(arraySort(groupArray((_longshore_file, n)))) FROM (SELECT _longshore_file, count() AS n FROM "+table.Name+" GROUP BY 1)")
				if want := fmt.Sprintf("[(0,%d),(%d,%d),(%d,%d)]", n, min(a, b), n, max(a, b), n); got != want {
					t.Errorf("%s: got %s, want %s", table.Name, got, want)
				}
			}
			if got := line(t, c, "SELECT toString(tuple(*)) FROM numbers WHERE id = 7 LIMIT 1"); got != "(7,'row 7')" {
				t.Errorf("SELECT * shows %s", got)
			}
		})
	}
}

func TestFileIDsDiffer(t *testing.T) {
	seen := map[uint64]string{}
	for _, v := range [][2]string{{"a", "b"}, {"ab", ""}, {"", "ab"}, {"a", "c"}, {"b", "a"}, {"", ""}} {
		id := clickhouse.FileID(v[0], v[1])
		if twin, taken := seen[id]; taken || id == 0 {
			t.Errorf("%q: got id %d, which %q has", v, id, twin)
		}
		seen[id] = fmt.Sprint(v)
	}
	// Rows in tables hold it: it must not change.
	if got, want := clickhouse.FileID("in/a.csv", "e1"), uint64(8393915325232037596); got != want {
		t.Errorf("got %d, want %d", got, want)
	}
}

func TestExistingTableGetsItsFileColumn(t *testing.T) {
	c := open(t)
	if err := c.EnsureTable(t.Context(), orders()); err != nil {
		t.Fatal(err)
	}
	exec(t, c, "INSERT INTO orders VALUES (1, now(), 'x')")
	if knows, err := c.KnowsFiles(t.Context(), "orders"); err != nil || knows {
		t.Fatalf("got %v, %v before it was extended", knows, err)
	}
	wanted := orders()
	wanted.KnowsFiles = true
	wantFault(t, c.EnsureTable(t.Context(), wanted), fault.Invalid, "column _longshore_file is missing")
	wanted.Extend = true
	for range 2 {
		if err := c.EnsureTable(t.Context(), wanted); err != nil {
			t.Fatal(err)
		}
	}
	if got := line(t, c, "SELECT toString(_longshore_file) FROM orders"); got != "0" {
		t.Errorf("got %s for a row from before, want 0", got)
	}
}

func TestNameOfTheFileColumnIsTaken(t *testing.T) {
	c := open(t)
	exec(t, c, "CREATE TABLE orders (id UInt64, at DateTime, note Nullable(String), _longshore_file UInt64) ENGINE = MergeTree PARTITION BY toYYYYMM(at) ORDER BY (at, id)")
	wanted := orders()
	wanted.KnowsFiles = true
	wantFault(t, c.EnsureTable(t.Context(), wanted), fault.Invalid, "column _longshore_file is not MATERIALIZED")
	wanted.Columns = append(wanted.Columns, clickhouse.Column{Name: "_longshore_file", Type: schema.Of(schema.UInt64)})
	wantFault(t, c.EnsureTable(t.Context(), wanted), fault.Invalid, "two columns _longshore_file")
}

func TestOldServerGoesWithoutFileColumn(t *testing.T) {
	c := openAt(t, servertest.ClickHouse18(t))
	c.SpeakOld()
	exec(t, c, "CREATE TABLE numbers (id UInt64, text String, _longshore_file UInt64 MATERIALIZED 0) ENGINE = MergeTree ORDER BY id")
	if fills, err := c.FillsFileColumn(t.Context()); err != nil || fills {
		t.Errorf("got %v, %v, want a server without the setting", fills, err)
	}
	knows, err := c.KnowsFiles(t.Context(), "numbers")
	if err != nil || knows {
		t.Errorf("got %v, %v, want a column that stays as it is", knows, err)
	}
	marked := clickhouse.FileRecord{Key: "a", ETag: "e", Marked: knows}
	if err := c.Append(t.Context(), clickhouse.Insert{Table: "numbers", Block: numbers(0, 10), File: marked.FileID()}); err != nil {
		t.Fatal(err)
	}
	if got := line(t, c, "SELECT toString(count()) FROM numbers"); got != "10" {
		t.Errorf("got %s rows, want 10", got)
	}
}
