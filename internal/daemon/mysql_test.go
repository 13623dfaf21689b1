package daemon_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"testing"

	_ "github.com/go-sql-driver/mysql"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/servertest"
)

// A table of MySQL's becomes one CSV object, by ranges of its key.
func TestMySQLExport(t *testing.T) {
	s := newStage(t)
	address := servertest.MariaDB(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, "mysql", fmt.Sprintf("%s@tcp(%s)%s", u.User, u.Host, u.Path)) // its password needs no escapes
	const rows = 400_000
	exec1(t, db, fmt.Sprintf(`create table orders (id int unsigned primary key, customer varchar(40), total decimal(12,2), ordered_at timestamp(3) null, note char(32))
		select seq as id, nullif(concat('žena "', seq %% 1000, '"'), 'žena "7"') as customer, (seq %% 100000) / 100 as total,
		timestamp'2024-01-01 00:00:00.125' + interval seq second as ordered_at, md5(seq) as note from seq_1_to_%d`, rows))
	s.push(map[string]string{
		"connections/shop.connection": "TYPE mysql\nMYSQL_URL " + address + "\nMYSQL_TLS disable\n",
		"models/orders.yaml":          "connection: shop\nsql: select * from orders\nprimary_key: id\npartition: id\n",
		"syncs/orders.yaml":           "model: orders\nmode: all\nparallelism: 4\ndestination:\n  connection: minio\n  path: orders.csv\n  format: csv\n  csv:\n    null: NULL\n",
	})
	s.produce()
	s.work()
	r := s.done(ledger.Export, "orders")
	var m export.Manifest
	if err := s.ledger.Manifest(t.Context(), r.ID, &m); err != nil {
		t.Fatal(err)
	}
	if r.Parts < 2 || r.Totals.Rows != rows || len(m.Objects) != 1 {
		t.Fatalf("got %d parts, totals %+v, objects %+v", r.Parts, r.Totals, m.Objects)
	}
	from := s.s3(m.Objects[0].Key, "CSVWithNames",
		"id UInt32, customer Nullable(String), total Decimal(12,2), ordered_at DateTime64(3, 'UTC'), note String") +
		" %s settings format_csv_null_representation = 'NULL', date_time_input_format = 'best_effort'"
	const theirs = "concat_ws('|', id, coalesce(customer, '-'), cast(total * 100 as signed), unix_timestamp(ordered_at), note)"
	const ours = "concatWithSeparator('|', toString(id), ifNull(customer, '-'), toString(toInt64(total * 100)), toString(toDecimal64(ordered_at, 3)), note)"
	for _, id := range []int{1, 7, 100_000, 123_456, rows} {
		where := fmt.Sprintf("where id = %d", id)
		want := text(t, db, "select "+theirs+" from orders "+where)
		if got := text(t, s.clickhouse(), "select "+ours+" from "+fmt.Sprintf(from, where)); got != want {
			t.Errorf("row %d: got %s, want %s", id, got, want)
		}
	}
	want := text(t, db, "select concat_ws(' ', count(*), sum(id), cast(sum(total * 100) as signed), count(customer), count(distinct note)) from orders")
	got := text(t, s.clickhouse(), "select concatWithSeparator(' ', toString(count()), toString(sum(id)), toString(sum(toInt64(total * 100))), "+
		"toString(count(customer)), toString(uniqExact(note))) from "+fmt.Sprintf(from, ""))
	if got != want {
		t.Errorf("read back %s, want %s", got, want)
	}
}

// text reads a single value that is text.
func text(t *testing.T, db *sql.DB, query string) (s string) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return s
}
