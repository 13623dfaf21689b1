package formattest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// ClickHouseProbes is the columns that ClickHouse's readers are tried with.
var ClickHouseProbes = []Probe{
	{Column: "int64", Type: "Int64", Shown: "%s"},
	{Column: "uint64", Type: "UInt64", Shown: "%s"},
	{Column: "float64", Type: "Float64", Shown: "%s"},
	{Column: "decimal38_10", Type: "Decimal(38,10)", Shown: "%s"},
	{Column: "date", Type: "Date32", Shown: "toInt32(%s)", Keep: Days},
	{Column: "timestamp_us", Type: "DateTime64(6, \\'UTC\\')", Shown: "toUnixTimestamp64Micro(%s)", Keep: Moments},
	{Column: "timestamptz_us", Type: "DateTime64(6, \\'UTC\\')", Shown: "toUnixTimestamp64Micro(%s)", Keep: Moments},
	{Column: "utf8", Type: "String", Shown: "%s"},
	{Column: "uuid", Type: "UUID", Shown: "%s"},
}

// Literal returns data as a string literal of SQL.
func Literal(data []byte) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\x00", `\0`).Replace(string(data)) + "'"
}

// AskClickHouse runs a query in format JSON over HTTP and returns its column v.
func AskClickHouse(t testing.TB, url, query string) []*string {
	t.Helper()
	resp, err := http.Post(url, "text/plain", strings.NewReader(query))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var result struct{ Data []map[string]any }
	if err := json.Unmarshal(body, &result); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("clickhouse: %s %v: %s\n%s", resp.Status, err, body, query)
	}
	return Shown(result.Data)
}
