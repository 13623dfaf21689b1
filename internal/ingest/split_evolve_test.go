package ingest_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// evolvingRows is a file of rows with a field that no column reads: in all of
// them, or in NDJSON in those of its second half.
func (s *scene) evolvingRows(format string, rows int, id func(i int) string) {
	s.t.Helper()
	var b strings.Builder
	switch format {
	case "csv":
		b.WriteString("id,extra,name\n")
		for i := range rows {
			fmt.Fprintf(&b, "%s,%d,\"n\n%d\"\n", id(i), i, i)
		}
	case "ndjson":
		for i := range rows {
			extra := ""
			if i >= rows/2 {
				extra = fmt.Sprintf(`,"extra":%d`, i)
			}
			fmt.Fprintf(&b, "{\"id\":%q,\"name\":\"n%d\"%s}\n", id(i), i, extra)
		}
	case "parquet":
		expr := "number"
		if prefix, _ := strings.CutSuffix(id(0), "0"); prefix != "" {
			expr = "concat('" + prefix + "', toString(number))"
		}
		_, err := s.db.ExecContext(s.t.Context(), fmt.Sprintf(`INSERT INTO FUNCTION s3('%s/%s/big.parquet', '%s', '%s', 'Parquet')
			SELECT %s AS id, toString(number) AS name, number AS extra FROM numbers(%d) ORDER BY number
			SETTINGS output_format_parquet_row_group_size = 200, max_threads = 1`, s.store.Endpoint, s.data.Name(), s.store.AccessKey, s.store.Secret, expr, rows))
		if err != nil {
			s.t.Fatal(err)
		}
		return
	}
	s.put("big."+format, []byte(b.String()))
}

// Parts that read one file in ranges find its new field each on their own: there
// is one column, and the rows are those that one part would make.
func TestASplitFileGetsItsNewColumn(t *testing.T) {
	for _, format := range []string{"csv", "ndjson", "parquet"} {
		t.Run(format, func(t *testing.T) {
			want := ""
			for _, width := range []int64{1 << 30, 7000} {
				s := newScene(t)
				s.evolvingRows(format, 2000, func(i int) string { return fmt.Sprint(i) })
				s.splitPlan(width)
				totals, err := s.parts()
				if err != nil || totals.Rows != 2000 || totals.Quarantined != 0 {
					t.Fatalf("in ranges of %d: got %+v, %v", width, totals, err)
				}
				got := s.one("SELECT toString((count(), uniqExact(id), sum(extra), count(extra), sum(cityHash64(id, name, extra)))) FROM events")
				if want == "" {
					want = got
				}
				if got != want {
					t.Errorf("in ranges of %d: got %s, want %s", width, got, want)
				}
			}
			if strings.Contains(want, ",0,") {
				t.Errorf("got %s", want)
			}
		})
	}
}

// Whether a file's columns are those of the table its beginning decides, for all
// of its ranges.
func TestASplitFileIsRefusedWhole(t *testing.T) {
	for _, format := range []string{"csv", "ndjson", "parquet"} {
		t.Run(format, func(t *testing.T) {
			s := newScene(t)
			s.evolvingRows(format, 2000, func(i int) string {
				if i > 1500 && format != "parquet" {
					return fmt.Sprint(i) // fits, and is not taken
				}
				return fmt.Sprint("x", i)
			})
			s.splitPlan(7000)
			s.plan.Shared = regexp.MustCompile(`"chunk_rows":\d+`).ReplaceAll(s.plan.Shared, []byte(`"chunk_rows":100`))
			if s.plan.Parts < 3 {
				t.Fatalf("got %d parts", s.plan.Parts)
			}
			totals, err := s.parts()
			if err != nil || totals.Rows != 0 || totals.Quarantined != 2000 {
				t.Errorf("got %+v, %v", totals, err)
			}
			if got := s.one("SELECT toString((count(), uniqExact(c__row), groupUniqArrayArray(c__error_column), uniqExact(c__fingerprint))) FROM events_quarantine"); got != "(2000,2000,['id'],1)" {
				t.Errorf("got quarantine %s", got)
			}
			if got := s.one("SELECT concat(state, ' ', error) FROM longshore_files FINAL WHERE range = 0"); !strings.HasPrefix(got, "done column id was retyped: ") {
				t.Errorf("got record %q", got)
			}
		})
	}
}

// A file that any new field sends to quarantine whole isn't split: all of it is
// read for one before the first row is sent.
func TestAFileThatMayBeQuarantinedForAFieldIsNotSplit(t *testing.T) {
	for format, parts := range map[string]int{"ndjson": 1, "csv": 2} {
		s := newScene(t)
		s.define("`id` UInt64,\n    `name` String", "IMPORT_ON_NEW_COLUMN quarantine\n")
		s.evolvingRows(format, 2000, func(i int) string { return fmt.Sprint(i) })
		s.splitPlan(7000)
		if got := min(s.plan.Parts, 2); got != parts {
			t.Errorf("%s: got %d parts", format, s.plan.Parts)
		}
		totals, err := s.parts()
		if err != nil || totals.Rows != 0 || totals.Quarantined != 2000 {
			t.Errorf("%s: got %+v, %v", format, totals, err)
		}
	}
}
