package parquet

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/format"
)

const foreignRows = 5000

// foreignWants is a table's columns, and the text of each value by row, that
// files of other programs are read into.
func foreignWants(t testing.TB) ([]format.Column, [][]string) {
	t.Helper()
	columns := columnsOf(t, "id", "Int64", "k", "UInt8", "s", "LowCardinality(String)", "d", "Nullable(Float64)", "day", "Date32",
		"at", "DateTime64(6, 'UTC')", "list", "Array(Nullable(Int64))", "m", "Map(String, Int64)", "dec", "Decimal(18, 3)", "flag", "Bool")
	wants := make([][]string, len(columns))
	day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range foreignRows {
		d := "null"
		if i%3 != 0 {
			d = fmt.Sprint(float64(i) / 2)
		}
		for c, v := range []string{fmt.Sprint(i), fmt.Sprint(i % 7), fmt.Sprint("v", i%50), d, day.AddDate(0, 0, i%100).Format(time.DateOnly),
			day.Add(time.Duration(i) * time.Second).Format(time.DateTime), fmt.Sprintf("[%d,null]", i), fmt.Sprintf(`{"k":%d}`, i),
			fmt.Sprintf("%d.125", i), fmt.Sprint(i%2 == 0)} {
			wants[c] = append(wants[c], v)
		}
	}
	return columns, wants
}

func checkForeign(t *testing.T, b []byte) {
	t.Helper()
	columns, wants := foreignWants(t)
	for i, c := range columns {
		blocks, rejects, facts := readAll(t, b, []format.Column{c}, format.ReadOptions{}, 1<<20)
		if len(rejects) > 0 || len(facts.Missing) > 0 {
			t.Fatalf("column %s: got missing %v and rejects, the first %+v", c.Name, facts.Missing, rejects[0].Errors)
		}
		if len(blocks) != 1 || !bytes.Equal(blocks[0], wantColumn(t, c, wants[i])) {
			t.Errorf("column %s: got other values than were written", c.Name)
		}
	}
}

// TestReadWhatDuckDBWrote has DuckDB's encodings, which with version 2 are those
// of differences.
func TestReadWhatDuckDBWrote(t *testing.T) {
	for _, options := range []string{"PARQUET_VERSION V1, CODEC snappy", "PARQUET_VERSION V2, CODEC zstd, ROW_GROUP_SIZE 2048", "CODEC lz4_raw", "CODEC brotli", "CODEC gzip", "CODEC uncompressed"} {
		t.Run(options, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.parquet")
			servertest.DuckDB(t, fmt.Sprintf(`COPY (SELECT range AS id, (range %% 7)::UTINYINT AS k, 'v' || (range %% 50) AS s,
				CASE WHEN range %% 3 = 0 THEN NULL ELSE range / 2.0 END AS d, DATE '2024-01-01' + (range %% 100)::INT AS day,
				TIMESTAMP '2024-01-01' + to_seconds(range) AS at, [range, NULL] AS list, MAP {'k': range} AS m,
				(range + 0.125)::DECIMAL(18, 3) AS dec, range %% 2 = 0 AS flag
				FROM range(%d)) TO '%s' (FORMAT parquet, %s)`, foreignRows, path, options))
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			checkForeign(t, b)
		})
	}
}

// TestReadWhatClickHouseWrote has ClickHouse's types, such as DateTime as a number.
func TestReadWhatClickHouseWrote(t *testing.T) {
	server := servertest.ClickHouse(t)
	for _, codec := range []string{"zstd", "lz4", "snappy", "none"} {
		t.Run(codec, func(t *testing.T) {
			query := fmt.Sprintf(`SELECT number::Int64 AS id, (number %% 7)::UInt8 AS k, concat('v', toString(number %% 50)) AS s,
				if(number %% 3 = 0, NULL, number / 2) AS d, toDate32('2024-01-01') + (number %% 100) AS day,
				toDateTime64('2024-01-01 00:00:00', 6, 'UTC') + toIntervalSecond(number) AS at, [number::Nullable(Int64), NULL] AS list,
				map('k', number::Int64) AS m, toDecimal64(concat(toString(number), '.125'), 3) AS dec, (number %% 2 = 0)::Bool AS flag
				FROM numbers(%d) ORDER BY number SETTINGS output_format_parquet_compression_method = '%s', output_format_parquet_row_group_size = 1500 FORMAT Parquet`, foreignRows, codec)
			resp, err := http.Post(server.HTTP, "text/plain", strings.NewReader(query))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("clickhouse: %s %v: %.300s", resp.Status, err, b)
			}
			checkForeign(t, b)
		})
	}
}
