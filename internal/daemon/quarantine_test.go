package daemon_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/cli"
	"github.com/longshore/longshore/internal/ledger"
)

// longshore runs the command against a producer's API and returns what it
// printed, and its exit code.
func longshore(t *testing.T, url string, args ...string) (stdout string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Run(t.Context(), args, strings.NewReader(""), &out, &errs, cli.Options{
		Env: func(name string) string { return map[string]string{"LONGSHORE_API": url}[name] },
	})
	if code != 0 {
		t.Logf("longshore %s: code %d: %s", strings.Join(args, " "), code, errs.String())
	}
	return out.String(), code
}

// badly is n rows of events of which each hundredth has an amount that doesn't
// fit: as CSV and NDJSON.
func badly(from, n int) (csv, ndjson []byte) {
	var c, j bytes.Buffer
	c.WriteString("name,id,at,amount\n")
	for i := from; i < from+n; i++ {
		amount := fmt.Sprintf("%d.50", i)
		if i%100 == 7 {
			amount = fmt.Sprintf("%d.12345", i)
		}
		fmt.Fprintf(&c, "\"n, \"\"%d\"\"\n\",%d,2024-05-01 10:00:00,%s\r\n", i%7, i, amount)
		fmt.Fprintf(&j, "{\"id\":%d,\"name\":\"n %d\",\"amount\":%s,\"at\":\"2024-05-01T10:00:00Z\"}\n", i+n, i%7, amount)
	}
	return c.Bytes(), j.Bytes()
}

// The quarantine of a run with 1 % bad rows holds exactly those rows; after a fix
// of the schema a replay brings exactly them in, and a second one nothing.
func TestQuarantineHoldsTheBadRowsAndReplayBringsThemIn(t *testing.T) {
	s := newStage(t)
	const n = 5000
	csv, ndjson := badly(0, n)
	s.put("in/a.csv.gz", gzipped(t, csv))
	s.put("in/b.ndjson", ndjson)
	exec1(t, s.clickhouse(), "INSERT INTO FUNCTION "+s.s3("in/c.parquet", "Parquet", "")+fmt.Sprintf(
		" SELECT number + %d AS id, 'n' AS name, CAST(number + if(number %% 100 = 7, 0.12345, 0.5) AS Decimal(18, 5)) AS amount,"+
			" toDateTime64('2024-05-01 10:00:00', 3, 'UTC') AS at FROM numbers(%d) SETTINGS output_format_parquet_row_group_size = 1000", 2*n, n))
	s.push(s.events("in/**", ""))
	url, _ := s.produce()
	s.work()
	r := s.done(ledger.Ingest, "events")
	if r.Totals.Rows != 3*n*99/100 || r.Totals.Quarantined != 3*n/100 {
		t.Fatalf("got totals %+v", r.Totals)
	}
	db := s.clickhouse()
	// Each bad row, and no other, by number, place and text.
	if got, want := one(t, db, "SELECT concat(count(), ' ', uniqExact(c__file, c__row), ' ', uniqExact(c__fingerprint), ' ', countIf((c__row - 1) % 100 = 7), ' ',"+
		" countIf(c__format = 'csv' AND c__line = 2 * c__row AND c__raw = concat('\"n, \"\"', toString((c__row - 1) % 7), '\"\"\\n\",', toString(c__row - 1), ',2024-05-01 10:00:00,', toString(c__row - 1), '.12345')), ' ',"+
		" countIf(c__format = 'ndjson' AND c__line = c__row AND startsWith(c__raw, concat('{\"id\":', toString(c__row - 1 + 5000), ','))), ' ',"+
		" countIf(c__format = 'parquet' AND c__row_group = intDiv(c__row - 1, 1000) AND JSONExtractUInt(c__raw, 'id') = c__row - 1 + 10000)) FROM events_quarantine"),
		"150 150 1 150 50 50 50"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if out, code := longshore(t, url, "quarantine", "ls"); code != 0 || !strings.Contains(out, "amount: digits would be lost") || !strings.Contains(out, "150") {
		t.Errorf("ls: got code %d\n%s", code, out)
	}
	if out, _ := longshore(t, url, "quarantine", "show", "events", "--file", "in/b.ndjson", "--limit", "1"); !strings.Contains(out, `{"id":5007,"name":"n 0","amount":7.12345`) || !strings.Contains(out, "more: --after") {
		t.Errorf("show: got\n%s", out)
	}
	exec1(t, db, "ALTER TABLE events MODIFY COLUMN amount Nullable(Decimal(18, 5))")
	files := s.events("in/**", "")
	files["datasources/events.datasource"] = strings.Replace(files["datasources/events.datasource"], "Decimal(12, 2)", "Decimal(18, 5)", 1)
	s.push(files)
	if out, code := longshore(t, url, "quarantine", "replay", "events", "--wait"); code != 0 || !strings.Contains(out, "150 rows") || !strings.Contains(out, "0 left there") {
		t.Errorf("replay: got code %d\n%s", code, out)
	}
	sums := "SELECT concat(count(), ' ', uniqExact(id), ' ', countIf(amount = id % 5000 + toDecimal64('0.12345', 5)), ' ', countIf(amount = id % 5000 + toDecimal64('0.5', 5))) FROM events"
	if got, want := one(t, db, sums), fmt.Sprintf("%d %d 150 %d", 3*n, 3*n, 3*n-150); got != want {
		t.Errorf("the table: got %s, want %s", got, want)
	}
	var again struct {
		Totals struct{ Rows, Quarantined int64 }
	}
	out, code := longshore(t, url, "quarantine", "replay", "events", "--wait", "--output", "json")
	if err := json.Unmarshal([]byte(out), &again); err != nil || code != 0 || again.Totals.Rows != 0 || again.Totals.Quarantined != 0 {
		t.Errorf("a second replay: got code %d, %v\n%s", code, err, out)
	}
	if out, _ := longshore(t, url, "quarantine", "ls"); !strings.Contains(out, "no rows in quarantine") {
		t.Errorf("ls afterwards: got\n%s", out)
	}
	if got, want := one(t, db, sums), fmt.Sprintf("%d %d 150 %d", 3*n, 3*n, 3*n-150); got != want {
		t.Errorf("the table after a second replay: got %s, want %s", got, want)
	}
}
