package devstack_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// call sends a request as curl would and returns status, headers and body.
func call(t *testing.T, method, params, body string, header ...string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, stack.Env()["LONGSHORE_CLICKHOUSE_HTTP_URL"]+"/?"+params, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(data)
}

func TestHTTPQueries(t *testing.T) {
	for _, q := range []struct{ name, method, params, body, want string }{
		{"body", "POST", "", "SELECT 1 + 1", "2\n"},
		{"url", "GET", "query=" + url.QueryEscape("SELECT 'a b'"), "", "a b\n"},
		{"url and body", "POST", "query=SELECT+1", "+ 2", "3\n"},
		{"semicolon and comment", "POST", "", "-- first\nSELECT 1 /* FORMAT JSON */;\n", "1\n"},
		{"format clause", "POST", "", "SELECT 1 AS a, 'x' AS b FORMAT JSONEachRow", "{\"a\":1,\"b\":\"x\"}\n"},
		{"format and settings", "POST", "", "SELECT number AS a FROM numbers(3) FORMAT CSV SETTINGS max_block_size = 1", "0\n1\n2\n"},
		{"default format", "POST", "default_format=CSVWithNames", "SELECT number AS a FROM numbers(2)", "\"a\"\n0\n1\n"},
		{"many blocks with a header", "POST", "max_block_size=1", "SELECT number AS a FROM numbers(3) FORMAT TSVWithNames", "a\n0\n1\n2\n"},
		{"parameter", "POST", "param_n=5&param_s=" + url.QueryEscape(`a\tb`), "SELECT {n:UInt8}, {s:String} FORMAT TSVRaw", "5\ta\tb\n"},
		{"setting", "POST", "max_block_size=77", "SELECT getSetting('max_block_size')", "77\n"},
		{"database", "POST", "database=system", "SELECT count() > 0 FROM one", "1\n"},
		{"show", "POST", "", "SHOW DATABASES LIKE 'system'", "system\n"},
		{"explain", "POST", "", "EXPLAIN SYNTAX SELECT 1", "SELECT 1\nFROM system.one\n"},
		{"no rows", "POST", "", "SELECT 1 WHERE 0 FORMAT JSONEachRow", ""},
		{"held back", "POST", "wait_end_of_query=1", "SELECT sum(number) FROM numbers(10)", "45\n"},
	} {
		t.Run(q.name, func(t *testing.T) {
			if code, _, got := call(t, q.method, q.params, q.body); code != 200 || got != q.want {
				t.Errorf("got %d %q, want %q", code, got, q.want)
			}
		})
	}
}

func TestHTTPJSON(t *testing.T) {
	_, header, got := call(t, "POST", "query_id=my-query", "SELECT number AS n FROM numbers(200000) FORMAT JSONCompact")
	if !strings.Contains(got, `"rows": 200000,`) || strings.Count(got, `"meta"`) != 1 {
		t.Errorf("not one document: %d bytes", len(got))
	}
	if header.Get("X-ClickHouse-Query-Id") != "my-query" || header.Get("X-ClickHouse-Format") != "JSONCompact" || !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
		t.Errorf("got headers %v", header)
	}
}

func TestHTTPInserts(t *testing.T) {
	call(t, "POST", "", "CREATE TABLE http_inserts (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
	var big strings.Builder
	for i := range 300_000 {
		fmt.Fprintf(&big, "%d,\"text, %d\"\n", i, i)
	}
	for _, q := range []struct {
		name, params, body, want string
		header                   []string
	}{
		{"csv", "query=INSERT+INTO+http_inserts+FORMAT+CSV", "1,a\n2,\"b,\nc\"\n", "2\t3", nil},
		{"json each row", "", "INSERT INTO http_inserts (s, a) FORMAT JSONEachRow {\"a\":1,\"s\":\"x\"}\n{\"a\":5,\"s\":\"FORMAT\"}", "2\t6", nil},
		{"values", "", "INSERT INTO http_inserts VALUES (1, 'it''s'), (2 + 2, upper('b'))", "2\t5", nil},
		{"values in the url", "query=" + url.QueryEscape("INSERT INTO http_inserts (a) VALUES"), "(7)", "1\t7", nil},
		{"select", "", "INSERT INTO http_inserts SELECT number, '' FROM numbers(3)", "3\t3", nil},
		{"default format", "default_format=TSV&query=INSERT+INTO+http_inserts", "4\tx\n", "1\t4", nil},
		{"gzip", "query=INSERT+INTO+http_inserts+FORMAT+TSV", zipped("8\tz\n"), "1\t8", []string{"Content-Encoding", "gzip"}},
		{"large", "query=INSERT+INTO+http_inserts+FORMAT+CSV", big.String(), "300000\t44999850000", nil},
		{"large with its statement", "", "INSERT INTO http_inserts FORMAT CSV\n" + big.String(), "300000\t44999850000", nil},
	} {
		t.Run(q.name, func(t *testing.T) {
			call(t, "POST", "", "TRUNCATE TABLE http_inserts")
			code, header, got := call(t, "POST", q.params, q.body, q.header...)
			if rows, _, _ := strings.Cut(q.want, "\t"); code != 200 || !strings.Contains(header.Get("X-ClickHouse-Summary"), `"written_rows":"`+rows+`"`) {
				t.Errorf("got %d %q, summary %s", code, got, header.Get("X-ClickHouse-Summary"))
			}
			if _, _, got := call(t, "POST", "", "SELECT count(), sum(a) FROM http_inserts"); got != q.want+"\n" {
				t.Errorf("got %q, want %q", got, q.want)
			}
		})
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.String()
}

func TestHTTPExceptions(t *testing.T) {
	call(t, "POST", "", "CREATE TABLE IF NOT EXISTS http_refusing (a UInt64) ENGINE = MergeTree ORDER BY a")
	for _, q := range []struct {
		name, method, params, body, code, text string
		status                                 int
	}{
		{"unknown table", "POST", "", "SELECT * FROM nowhere_at_all", "60", "Code: 60. DB::Exception: ", 404},
		{"syntax", "POST", "", "SELEC 1", "62", "(SYNTAX_ERROR)", 400},
		{"empty", "POST", "", " ", "62", "Empty query", 400},
		{"several statements", "POST", "", "SELECT 1; SELECT 2", "62", "Multi-statements", 400},
		{"unknown setting", "POST", "no_such_setting=1", "SELECT 1", "115", "no_such_setting", 404},
		{"unknown format", "POST", "", "SELECT 1 FORMAT Nonsense", "73", "Nonsense", 404},
		{"bad data", "POST", "query=INSERT+INTO+http_refusing+FORMAT+CSV", "1\nx\n", "117", "(INCORRECT_DATA)", 400},
		{"unknown target", "POST", "query=INSERT+INTO+nowhere_at_all+FORMAT+CSV", "1\n", "60", "nowhere_at_all", 404},
		{"timeout", "POST", "max_execution_time=0.2", "SELECT max(sipHash64(number)) FROM numbers(100000000000)", "159", "Timeout exceeded", 408},
		{"write by GET", "GET", "query=DROP+TABLE+http_refusing", "", "164", "readonly", 500},
		{"wrong password", "POST", "user=default&password=x", "SELECT 1", "516", "Authentication failed", 403},
	} {
		t.Run(q.name, func(t *testing.T) {
			status, header, got := call(t, q.method, q.params, q.body)
			if status != q.status || header.Get("X-ClickHouse-Exception-Code") != q.code || !strings.Contains(got, q.text) {
				t.Errorf("got %d, code %s, %q", status, header.Get("X-ClickHouse-Exception-Code"), got)
			}
		})
	}
}

// TestHTTPExceptionInside fails after the answer has begun; the answer must say so in ClickHouse's frame.
func TestHTTPExceptionInside(t *testing.T) {
	status, header, got := call(t, "POST", "max_block_size=10000", "SELECT throwIf(number = 900000) FROM numbers(1000000)")
	tag := header.Get("X-ClickHouse-Exception-Tag")
	if status != 200 || tag == "" || !strings.Contains(got, "\r\n__exception__\r\n"+tag+"\r\nCode: 395. ") || !strings.HasSuffix(got, " "+tag+"\r\n__exception__\r\n") {
		t.Errorf("got %d, tag %q, end %q", status, tag, got[max(0, len(got)-300):])
	}
}

func TestHTTPCompression(t *testing.T) {
	_, header, got := call(t, "POST", "enable_http_compression=1", "SELECT 'x'", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(strings.NewReader(got))
	if err != nil || header.Get("Content-Encoding") != "gzip" {
		t.Fatal(err, header)
	}
	if data, err := io.ReadAll(z); string(data) != "x\n" || err != nil {
		t.Errorf("got %q %v", data, err)
	}
	if _, header, got := call(t, "POST", "", "SELECT 'x'", "Accept-Encoding", "gzip"); got != "x\n" || header.Get("Content-Encoding") != "" {
		t.Errorf("not asked for: got %q %v", got, header)
	}
}

func TestHTTPPing(t *testing.T) {
	response, err := http.Get(stack.Env()["LONGSHORE_CLICKHOUSE_HTTP_URL"] + "/ping")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if data, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK || string(data) != "Ok.\n" {
		t.Errorf("got %d %q", response.StatusCode, data)
	}
}
