package clickhouse_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/schema"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// open returns a new database on the shared ClickHouse.
func open(t testing.TB, parameters ...string) *clickhouse.Client {
	t.Helper()
	addr := servertest.ClickHouse(t).Native
	return openAt(t, addr, parameters...)
}

func openAt(t testing.TB, addr string, parameters ...string) *clickhouse.Client {
	t.Helper()
	database := servertest.ClickHouseDatabase(t, addr)
	return client(t, fmt.Sprintf("clickhouse://default@%s/%s?%s", addr, database, strings.Join(parameters, "&")))
}

func client(t testing.TB, url string) *clickhouse.Client {
	t.Helper()
	c, err := clickhouse.Open(clickhouse.Config{Name: "warehouse", URL: def.NewSecret(url)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func exec(t testing.TB, c *clickhouse.Client, statement string) {
	t.Helper()
	if err := c.Exec(t.Context(), "arrange", statement); err != nil {
		t.Fatal(err)
	}
}

// lines returns the one String column of a SELECT.
func lines(t testing.TB, c *clickhouse.Client, statement string) []string {
	t.Helper()
	var out []string
	err := c.Query(t.Context(), "check", statement, func(scan func(...any) error) error {
		var line string
		err := scan(&line)
		out = append(out, line)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func line(t testing.TB, c *clickhouse.Client, statement string) string {
	t.Helper()
	return strings.Join(lines(t, c, statement), "\n")
}

// numbers is a block of n rows of id UInt64 from first on and text String.
func numbers(first, n int) *block.Block {
	b := new(block.Block)
	b.Shape([]block.Spec{
		{Name: "id", Type: schema.MustParseType("UInt64")}, {Name: "text", Type: schema.MustParseType("String")},
	})
	for i := first; i < first+n; i++ {
		b.Columns[0].AppendUint64(uint64(i))
		b.Columns[1].AppendString(fmt.Sprint("row ", i))
	}
	return b
}

const numbersTable = "CREATE TABLE numbers (id UInt64, text String) ENGINE = MergeTree ORDER BY id " +
	"SETTINGS non_replicated_deduplication_window = 1000"

// wantFault fails the test unless err has the kind, is one line and holds all the texts.
func wantFault(t testing.TB, err error, kind fault.Kind, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want kind %v", kind)
	}
	if got := fault.KindOf(err); got != kind {
		t.Errorf("got kind %v, want %v: %v", got, kind, err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("got more than one line: %q", err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("got %q, want %q in it", err, text)
		}
	}
}
