package all_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// clickHouseSettings make ClickHouse's parsers take and refuse as much as they
// can: what differs from ours then is a matter of principle.
var clickHouseSettings = map[string]string{
	"date_time_input_format":                                   "best_effort",
	"input_format_null_as_default":                             "0",
	"input_format_csv_empty_as_default":                        "0",
	"input_format_csv_trim_whitespaces":                        "0",
	"input_format_csv_deserialize_separate_columns_into_tuple": "0",
	"input_format_json_read_bools_as_numbers":                  "1",
	"input_format_json_read_bools_as_strings":                  "1",
	"input_format_json_read_numbers_as_strings":                "1",
	"input_format_json_read_objects_as_strings":                "1",
	"input_format_json_read_arrays_as_strings":                 "1",
	"input_format_json_throw_on_bad_escape_sequence":           "1",
	"input_format_allow_errors_num":                            "1000000000",
	"input_format_allow_errors_ratio":                          "1",
	"input_format_parallel_parsing":                            "0",
}

// clickHouse reads tries by inserting them into a table.
type clickHouse struct {
	t    *testing.T
	http string
}

// read notes what ClickHouse makes of tries of one format and type.
func (ch clickHouse) read(tries []try) {
	ch.t.Helper()
	ch.table(tries)
	ch.insert(tries, bytes.SplitAfter(bytes.TrimSuffix(fileOf(tries), []byte("\n")), []byte("\n")))
	ch.note(tries)
}

// readAgain is read for the tries that only we took, each alone: where
// ClickHouse skips a row that it can't read, it may skip the next one too.
func (ch clickHouse) readAgain(tries []try) {
	ch.t.Helper()
	ch.table(tries)
	lines := bytes.SplitAfter(fileOf(tries), []byte("\n"))
	for i := range tries {
		if tries[i].ours.taken && !tries[i].theirs.taken {
			ch.insert(tries, lines[i:i+1])
		}
	}
	ch.note(tries)
}

func (ch clickHouse) table(tries []try) {
	ch.t.Helper()
	ch.must("CREATE OR REPLACE TABLE texts (id UInt32, v " + tries[0].typ + ") ENGINE = Memory")
}

// insert sends lines, in halves where one of them makes the whole insert fail.
func (ch clickHouse) insert(tries []try, lines [][]byte) {
	name := map[string]string{"csv": "CSV", "ndjson": "JSONEachRow"}[tries[0].format]
	_, err := ch.ask("INSERT INTO texts FORMAT "+name, bytes.Join(lines, nil))
	if half := len(lines) / 2; err != nil && half > 0 {
		ch.insert(tries, lines[:half])
		ch.insert(tries, lines[half:])
	}
}

func (ch clickHouse) note(tries []try) {
	ch.t.Helper()
	for line := range strings.Lines(ch.must("SELECT id, ifNull(toString(v), 'NULL') FROM texts FORMAT JSONCompactEachRow")) {
		var pair [2]any
		if err := json.Unmarshal([]byte(line), &pair); err != nil {
			ch.t.Fatalf("%v: %s", err, line)
		}
		tries[int(pair[0].(float64))].theirs = outcome{pair[1].(string), true}
	}
}

func (ch clickHouse) must(query string) string {
	ch.t.Helper()
	answer, err := ch.ask(query, nil)
	if err != nil {
		ch.t.Fatal(err)
	}
	return answer
}

func (ch clickHouse) ask(query string, body []byte) (string, error) {
	parameters := url.Values{"query": {query}}
	for name, value := range clickHouseSettings {
		parameters.Set(name, value)
	}
	response, err := http.Post(ch.http+"/?"+parameters.Encode(), "text/plain", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: clickhouse: %s: %.600s", query, response.Status, answer)
	}
	return string(answer), err
}
