package sidebyside_test

import (
	"fmt"
	"strings"
)

// The table that everything is about. A row depends on its id alone.
const (
	tableColumns = `id bigint primary key, created timestamp(6) not null, session text not null, status text not null, quantity smallint not null,
	discount double precision, paid boolean not null, amount numeric(12,2) not null, ship_date date not null, note text, email text not null, payload text not null`

	// fill wants the first and the last id. h is a hash of the id, at least 0.
	fill = `insert into %s
select i, timestamp '2023-01-01' + (h %% 94608000000000) * interval '1 microsecond', md5(i::text),
	(array['new','paid','packed','shipped','delivered','returned','lost','closed'])[1 + h %% 8], (h %% 1000)::smallint,
	case when h %% 10 > 0 then (h %% 1000003) / 997.0 end, h %% 3 = 0, (h %% 100000000)::numeric / 100, date '1970-01-02' + (h %% 20000)::int,
	case h %% 8 when 0 then 'leave it at the door, please' when 1 then 'said "ring twice" and left' when 2 then E'two lines:\nthis is the second'
		when 3 then 'café 東京 🚢, fragile' when 4 then 'order ' || h when 5 then 'call before' end,
	'user' || h %% 1000000 || '@example.com', '{"sku": "A-' || h %% 5000 || '", "qty": ' || h %% 9 || ', "tags": ["' || h %% 100 || '", "b"]}'
from (select i, hashint8extended(i, 12) & 4611686018427387903 h from generate_series(%d::bigint, %d) i) ids`

	// changeRows gives 1 % of the rows, other ones each time, another amount and note.
	changeRows = `update %s set amount = amount + 1, note = 'changed ' || id where (hashint8extended(id, %d) & 4611686018427387903) %% 100 = 0`
)

// column is one of the table, in the files and in ClickHouse.
type column struct{ name, modern, old string }

var columns = []column{
	{"id", "Int64", "Int64"},
	{"created", "DateTime64(6, 'UTC')", "String"}, // 18.16 has no DateTime64
	{"session", "String", "String"},
	{"status", "LowCardinality(String)", "String"}, // 18.16 has it as an experiment
	{"quantity", "Int16", "Int16"},
	{"discount", "Nullable(Float64)", "Nullable(Float64)"},
	{"paid", "Bool", "UInt8"}, // 18.16 has no Bool
	{"amount", "Decimal(12, 2)", "Decimal(12, 2)"},
	{"ship_date", "Date", "Date"},
	{"note", "Nullable(String)", "Nullable(String)"},
	{"email", "String", "String"},
	{"payload", "String", "String"},
}

// structure is the columns as SQL.
func structure(of func(column) string) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = c.name + " " + of(c)
	}
	return strings.Join(all, ", ")
}

func modern(c column) string { return c.modern }
func old(c column) string    { return c.old }

// names are the columns for a SELECT, for a reader that knows nothing newer than 18.16 where it is for that one.
func names() string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = c.name
	}
	return strings.Join(all, ", ")
}

// forOld has the values as 18.16 can read them.
const forOld = "id, toString(created) created, session, status, quantity, discount, toUInt8(paid) paid, amount, ship_date, note, email, payload"

// sum counts rows and sums up a hash of each, in any order, with types that each reader of each format arrives at.
const sum = "SELECT toString(count()) || ' ' || toString(sum(cityHash64(toInt64(id), toUnixTimestamp64Micro(created), session, toString(status), toInt16(quantity), " +
	"ifNull(discount, -1), toUInt8(paid), toDecimal64(amount, 2), toDate(ship_date), ifNull(note, '∅'), email, payload))) FROM "

// sumOld is the same for the columns that 18.16 has. It is about whole thousandths of a float, since 18.16 reads texts of them with an
// error in the last digit.
const sumOld = "SELECT concat(toString(count()), ' ', toString(sum(cityHash64(id, created, session, status, quantity, " +
	"toInt64(round(ifNull(discount, -1) * 1000)), paid, toInt64(amount * 100), toString(ship_date), ifNull(note, '-'), email, payload)))) FROM "

// datasource is a .datasource file that reads the objects of a path into a table.
func datasource(path, connection string, of func(column) string, format string) string {
	var b strings.Builder
	b.WriteString("SCHEMA >\n")
	for i, c := range columns {
		comma := ","
		if i == len(columns)-1 {
			comma = ""
		}
		fmt.Fprintf(&b, "    `%s` %s%s\n", c.name, of(c), comma)
	}
	fmt.Fprintf(&b, "\nENGINE \"MergeTree\"\nENGINE_SORTING_KEY \"id\"\n\nTARGET_CONNECTION_NAME %s\n", connection)
	fmt.Fprintf(&b, "IMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME minio\nIMPORT_BUCKET_URI %s\nIMPORT_FORMAT %s\nIMPORT_STRATEGY APPEND\n", path, format)
	return b.String()
}
