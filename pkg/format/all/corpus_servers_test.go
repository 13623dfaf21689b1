package all_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/longshore/longshore/internal/servertest"
)

// serverFiles is what databases write.
func serverFiles() (files []written) {
	add := func(file, by, why, as, with string, content func(*testing.T) []byte) {
		files = append(files, written{entry{file: file, by: by, why: why, as: as, with: with}, content})
	}
	for _, codec := range []string{"none", "lz4", "zstd", "snappy", "gzip", "brotli"} {
		add("parquet/clickhouse-"+codec+".parquet", "ClickHouse 26", "its types, compressed with "+codec, clickHouseColumns, "", func(t *testing.T) []byte {
			return fromClickHouse(t, "SELECT "+clickHouseValues+" FORMAT Parquet SETTINGS output_format_parquet_compression_method = '"+codec+"'")
		})
	}
	add("parquet/clickhouse-inferred.parquet", "ClickHouse 26", "its types, as columns are inferred", "", "", func(t *testing.T) []byte {
		return fromClickHouse(t, "SELECT "+clickHouseValues+" FORMAT Parquet")
	})
	add("csv/clickhouse.csv", "ClickHouse 26", "its types, with names in the first line", clickHouseColumns, "", func(t *testing.T) []byte {
		return fromClickHouse(t, "SELECT "+clickHouseValues+" FORMAT CSVWithNames SETTINGS output_format_csv_serialize_tuple_into_separate_columns = 0")
	})
	add("ndjson/clickhouse.ndjson", "ClickHouse 26", "its types", clickHouseColumns, "", func(t *testing.T) []byte {
		return fromClickHouse(t, "SELECT "+clickHouseValues+" FORMAT JSONEachRow SETTINGS output_format_json_quote_64bit_integers = 0, output_format_json_quote_denormals = 1")
	})
	for _, options := range []struct{ name, text string }{
		{"v1-snappy", "PARQUET_VERSION V1, CODEC snappy"}, {"v2-zstd", "PARQUET_VERSION V2, CODEC zstd"}, {"lz4-raw", "CODEC lz4_raw"}, {"brotli", "PARQUET_VERSION V2, CODEC brotli"}, {"gzip", "CODEC gzip"},
	} {
		add("parquet/duckdb-"+options.name+".parquet", "DuckDB", "its types, with "+options.text, "", "", func(t *testing.T) []byte { return fromDuckDB(t, "FORMAT parquet, "+options.text) })
	}
	add("csv/duckdb.csv", "DuckDB", "its types", "", "", func(t *testing.T) []byte { return fromDuckDB(t, "FORMAT csv, HEADER") })
	add("ndjson/duckdb.ndjson", "DuckDB", "its types", "", "", func(t *testing.T) []byte { return fromDuckDB(t, "FORMAT json") })
	add("csv/postgres.csv", "PostgreSQL", "nulls, quotes, arrays and bytes", "", "", func(t *testing.T) []byte { return fromPostgres(t, "FORMAT csv, HEADER") })
	add("csv/postgres-quoted.csv", "PostgreSQL", "all quoted, escapes, a null text", "", `delimiter=; escape=\ null=none`, func(t *testing.T) []byte {
		return fromPostgres(t, `FORMAT csv, HEADER, DELIMITER ';', ESCAPE '\', NULL 'none', FORCE_QUOTE *`)
	})
	return files
}

const clickHouseColumns = "i8 Int8; u256 UInt256; d76 Decimal(76, 20); f Float64; nan Float32; s String; fixed FixedString(4); low LowCardinality(Nullable(String)); maybe Nullable(Int32); day Date; day32 Date32; " +
	"at DateTime('UTC'); at9 DateTime64(9, 'UTC'); uuid UUID; v4 IPv4; v6 IPv6; e Enum8('a' = 1, 'b' = 2); flag Bool; list Array(Nullable(Float64)); grid Array(Array(String)); m Map(UInt8, String); t Tuple(x Int32, y String)"

const clickHouseValues = `(number - 1)::Int8 AS i8, (toUInt256('115792089237316195423570985008687907853269984665640564039457584007913129639935') - number)::UInt256 AS u256,
	toDecimal256('-12345678901234567890123456789012345678.00000000000000000001', 20) AS d76, number / 3 AS f, (number = 0 ? nan : (number = 1 ? inf : -1.5))::Float32 AS nan,
	concat('it''s "', toString(number), '",\n\\é') AS s, toFixedString('ab', 4) AS fixed, (number = 1 ? NULL : 'low')::LowCardinality(Nullable(String)) AS low, (number = 2 ? NULL : number)::Nullable(Int32) AS maybe,
	toDate('2149-06-06') AS day, toDate32('1900-01-01') + number AS day32, toDateTime('2106-02-07 06:28:15', 'UTC') AS at, toDateTime64('1969-12-31 23:59:59.000000001', 9, 'UTC') AS at9,
	toUUID('0a0b0c0d-0000-4000-8000-0123456789ab') AS uuid, toIPv4('1.2.3.4') AS v4, toIPv6('2001:db8::1') AS v6, (number % 2 + 1)::Enum8('a' = 1, 'b' = 2) AS e, (number = 1)::Bool AS flag,
	number = 0 ? [] : [1.5, NULL, nan, -inf] AS list, [['a', 'it''s'], []] AS grid, map(number::UInt8, 'v"') AS m, (number::Int32, 'y,')::Tuple(x Int32, y String) AS t FROM numbers(3)`

func fromClickHouse(t *testing.T, query string) []byte {
	t.Helper()
	return []byte(clickHouse{t, servertest.ClickHouse(t).HTTP}.must(query))
}

// fromDuckDB is four rows of DuckDB's types.
func fromDuckDB(t *testing.T, options string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows")
	servertest.DuckDB(t, fmt.Sprintf(`COPY (SELECT i::TINYINT AS i8, (i * 1000000007)::BIGINT AS i64, i::UTINYINT AS u8, i::HUGEINT AS huge, i / 3 AS d, (i / 4)::FLOAT AS f,
		(i + 0.125)::DECIMAL(18, 3) AS dec, (i + 0.5)::DECIMAL(38, 10) AS dec38, 'it''s "' || i || '",' || chr(10) AS s, CASE WHEN i = 2 THEN NULL ELSE 'x' || i END AS maybe, i %% 2 = 0 AS flag,
		DATE '2024-02-29' + i::INT AS day, TIMESTAMP '2024-02-29 12:00:00.123456' AS at, TIMESTAMPTZ '2024-02-29 12:00:00+00' AS atz, TIMESTAMP_NS '2024-02-29 12:00:00.123456789' AS atn, TIME '12:34:56' AS clock,
		UUID '0a0b0c0d-0000-4000-8000-0123456789ab' AS id, [i, NULL] AS list, {'a': i, 'b': 'x'} AS st, MAP {'k': i} AS m, [{'x': [i]}] AS deep, '\xAA\x00'::BLOB AS bytes
		FROM range(4) r(i) ORDER BY i) TO '%s' (%s)`, path, options))
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func fromPostgres(t *testing.T, options string) []byte {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), servertest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var out bytes.Buffer
	_, err = conn.PgConn().CopyTo(t.Context(), &out, `COPY (SELECT i AS id, (i * 1.5)::numeric(10, 2) AS price, CASE i WHEN 1 THEN NULL WHEN 2 THEN '' ELSE 'it''s "q", \' || chr(10) || 'x' END AS note,
		i = 1 AS flag, timestamptz '2024-02-29 12:00:00.5+00' AS at, date '2024-02-29' AS day, ARRAY[i, NULL] AS list, '\x00ff'::bytea AS bytes, '0a0b0c0d-0000-4000-8000-0123456789ab'::uuid AS uid,
		'NaN'::float8 AS score, '{"a": [1]}'::jsonb AS doc, NULL::int AS nothing FROM generate_series(1, 3) i) TO STDOUT (`+options+`)`)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
