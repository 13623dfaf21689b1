package ingest_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
)

// long is a text of so many bytes with line feeds, quotes and letters of two bytes.
func long(n int) string { return strings.Repeat("ü \n\"' ", n/7+1)[:n/7*7] }

func csvText(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func zipped(t *testing.T, body string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// mendN makes numbers fit that are beyond a byte.
func (s *shelf) mendN(more ...string) {
	s.t.Helper()
	s.exec("ALTER TABLE events MODIFY COLUMN n Int32")
	s.push("`id` UInt64,\n    `n` Int32,\n    `s` String", more...)
}

// A row of which the quarantine has the beginning alone is read from its file, to
// its end: in a plain text, in a compressed one, and in Parquet.
func TestACutRowIsReplayedFromItsFile(t *testing.T) {
	s := newShelf(t)
	s.push("`id` UInt64,\n    `n` UInt8,\n    `s` String", "IMPORT_CSV_QUOTE \"'\"\n")
	quoted := func(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
	s.put("a.csv", "id;n;s\n1;1;x\n2;300;"+quoted(long(90_000))+"\n3;300;x\n4;400;"+quoted(long(70_000))+"\n5;5;x\n")
	lines := ""
	for id := 11; id < 16; id++ {
		lines += fmt.Sprintf("{\"id\":%d,\"n\":%d,\"s\":%q}\n", id, id*100, strings.Repeat("x", id*6000))
	}
	s.put("b.ndjson.gz", zipped(t, lines))
	s.put("c.csv.gz", zipped(t, "n,s,id\n700,"+quoted(long(200_000))+",21\n7,x,22\n"))
	s.exec("INSERT INTO FUNCTION s3('" + s.s3URL("d.parquet") + ", 'Parquet') SELECT number AS id, toInt32(number * 10) AS n, repeat(toString(number), 40000) AS s FROM numbers(24, 5)" +
		" SETTINGS output_format_parquet_row_group_size = 2, max_threads = 1")
	if got := s.done(ledger.Trigger{}); got.Rows != 5 || got.Quarantined != 12 {
		t.Fatalf("got %+v", got)
	}
	s.mendN("IMPORT_CSV_QUOTE \"'\"\n")
	if got := s.done(all); got.Rows != 12 || got.Quarantined != 0 {
		t.Errorf("got %+v, left %+v", got, reasons(s))
	}
	if got, want := s.one("SELECT toString(arraySort(groupArray((id, n)))) FROM events WHERE n > 255 OR id = 25"),
		"[(2,300),(3,300),(4,400),(11,1100),(12,1200),(13,1300),(14,1400),(15,1500),(21,700),(25,250),(26,260),(27,270),(28,280)]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for id, want := range map[int]string{2: long(90_000), 4: long(70_000), 21: long(200_000), 15: strings.Repeat("x", 90_000), 28: strings.Repeat("28", 40_000)} {
		if got := s.one(fmt.Sprintf("SELECT s FROM events WHERE id = %d", id)); got != want {
			t.Errorf("row %d: got %d bytes %.30q, want %d %.30q", id, len(got), got, len(want), want)
		}
	}
	if got := s.done(all); got.Rows != 0 || got.Quarantined != 0 {
		t.Errorf("a second replay: got %+v", got)
	}
	if v := s.verified(check); !v.Clean || v.Proved != 4 {
		t.Errorf("got %+v", v)
	}
}

// reasons is why rows wait.
func reasons(s *shelf) (all []string) {
	for _, r := range s.waiting() {
		all = append(all, fmt.Sprintf("%s %d %s", r.Key, r.Row, strings.Join(r.Reasons, ",")))
	}
	slices.Sort(all)
	return all
}

// A cut row whose file was deleted or overwritten stays, and says so; the others of
// that file, and of all files, come in. When the file is back, so does the row.
func TestACutRowOfAFileThatChangedSaysSo(t *testing.T) {
	s := newShelf(t)
	s.push("`id` UInt64,\n    `n` UInt8,\n    `s` String")
	body := func(id int) string {
		return fmt.Sprintf("id,n,s\n%d1,1,x\n%[1]d2,300,%s\n%[1]d3,300,x\n%[1]d4,400,%s\n", id, csvText(long(80_000)), csvText(long(70_000)))
	}
	s.put("deleted.csv", body(1))
	s.put("kept.csv", body(2))
	s.put("overwritten.csv", body(3))
	s.put("zipped.csv", zipped(t, body(4)))
	s.done(ledger.Trigger{})
	for _, key := range []string{"deleted.csv", "zipped.csv"} {
		if err := s.data.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	s.put("overwritten.csv", body(5))
	s.mendN()
	if got := s.done(all); got.Rows != 6 || got.Quarantined != 6 {
		t.Errorf("got %+v", got)
	}
	if got, want := s.events(), "[11,13,21,22,23,24,31,33,41,43]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	want := []string{
		"deleted.csv 2 file is gone", "deleted.csv 4 file is gone", "overwritten.csv 2 file was overwritten", "overwritten.csv 4 file was overwritten",
		"zipped.csv 2 file is gone", "zipped.csv 4 file is gone",
	}
	if got := reasons(s); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	s.put("overwritten.csv", body(3))
	s.put("zipped.csv", zipped(t, body(4)))
	if got := s.done(all); got.Rows != 4 || got.Quarantined != 2 || !slices.Equal(reasons(s), want[:2]) {
		t.Errorf("with two files back: got %+v, %q", got, reasons(s))
	}
	if v := s.verified(check); !v.Clean || v.Proved != 4 {
		t.Errorf("got %+v", v)
	}
}

// A batch with rows that were read from their file is finished without it, wherever
// it was cut off.
func TestACutRowIsFinishedWithoutItsFile(t *testing.T) {
	cut := 0
	for reached := true; reached; {
		cut++
		t.Run(fmt.Sprint("step ", cut), func(t *testing.T) {
			s := newShelf(t)
			s.push("`id` UInt64,\n    `n` UInt8,\n    `s` String")
			s.put("a.csv", "id,n,s\n1,1,x\n2,300,"+csvText(long(90_000))+"\n3,300,x\n4,300,"+csvText(long(80_000))+"\n")
			s.done(ledger.Trigger{})
			s.mendN()
			first, steps := s.begin(all), 0
			s.step = func(string, bool) error {
				if steps++; steps == cut {
					return errCut
				}
				return nil
			}
			if _, err := first(); err != nil && !errors.Is(err, errCut) {
				t.Fatal(err)
			}
			s.step, reached = nil, steps >= cut
			if err := s.data.Delete(t.Context(), "a.csv"); err != nil {
				t.Fatal(err)
			}
			s.fail()
			s.done(all)
			got := s.one("SELECT toString(arraySort(groupArray((id, length(s))))) FROM events")
			if want := fmt.Sprintf("[(1,1),(2,%d),(3,1),(4,%d)]", len(long(90_000)), len(long(80_000))); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if got := s.done(all); got.Rows != 0 || got.Quarantined != 0 {
				t.Errorf("a further replay: got %+v", got)
			}
		})
	}
	if cut != 7 {
		t.Errorf("a replay has %d steps, want 6: rows are open, appended and done", cut-1)
	}
}

// Texts that were malformed in their file don't spoil those behind them: a quote
// that isn't closed would swallow these, and a blank line is no row.
func TestRowsThatSwallowOthersAreTriedAlone(t *testing.T) {
	s := newShelf(t)
	s.push("`id` UInt64,\n    `n` UInt8,\n    `s` String")
	s.put("a.csv", "id,n,s\n1,300,a\n2,300,b\"\n3,300,\"c\n4,300,d\n5,300,\"e\" e\n6,300,f\n7,300,\"g\n8,300,h\n")
	s.put("b.ndjson", "{\"id\":11,\"n\":300,\"s\":\"a\"}\n[]\n{\"id\":12,\"n\":300,\"s\":\"b\"}\n{\"id\":13,\"n\":300\n{\"id\":14,\"n\":300,\"s\":\"d\"}\n")
	s.done(ledger.Trigger{})
	s.exec("INSERT INTO events_quarantine (c__file, c__etag, c__row, c__raw, c__format, c__fields, c__delimiter) SELECT c__file, c__etag, 100, '', c__format, c__fields, c__delimiter FROM events_quarantine WHERE c__file = 'a.csv' LIMIT 1")
	s.exec("INSERT INTO events_quarantine (c__file, c__etag, c__row, c__raw, c__format, c__fields, c__delimiter) SELECT c__file, c__etag, 101, '9,300,i\n10,300,j', c__format, c__fields, c__delimiter FROM events_quarantine WHERE c__file = 'a.csv' LIMIT 1")
	before := s.one("SELECT toString(arraySort(groupArray((c__file, c__row)))) FROM events_quarantine")
	s.mendN()
	got := s.done(all)
	if want := "[1,2,4,6,8,11,12,14]"; s.events() != want {
		t.Errorf("got %s, want %s; left %q of %s", s.events(), want, reasons(s), before)
	}
	want := []string{"a.csv 100 not one row", "a.csv 101 not one row", "a.csv 3 text after a closing quote", "a.csv 5 text after a closing quote", "a.csv 7 quote is not closed",
		"b.ndjson 2 not a JSON object", "b.ndjson 4 malformed JSON"}
	if left := reasons(s); !slices.Equal(left, want) || got.Quarantined != int64(len(want)) {
		t.Errorf("got %+v, left %q, want %q", got, left, want)
	}
}
