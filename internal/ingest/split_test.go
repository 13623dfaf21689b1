package ingest_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/fault"
)

// splitPlan begins a run whatever parts it has, whose ranges are so wide.
func (s *scene) splitPlan(rangeBytes int64) {
	s.t.Helper()
	s.ingest.SplitFiles(rangeBytes)
	s.end()
	r, err := s.ledger.Create(s.t.Context(), ledger.Subject{Kind: ledger.Ingest, Name: "events"}, s.project, ledger.Trigger{By: "manual"}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	work, err := s.ingest.Plan(s.t.Context(), r)
	if err != nil {
		s.t.Fatal(err)
	}
	work.Plan.Epoch, work.Plan.Parts = 1, len(work.Parts)
	if err := s.ledger.SavePlan(s.t.Context(), r.ID, work.Plan, work.Parts); err != nil {
		s.t.Fatal(err)
	}
	s.run, s.plan = r, work.Plan
}

// parts does the parts of the run, wave by wave, those of a wave in random order,
// and then commits. It stops at the first error.
func (s *scene) parts() (ledger.Totals, error) {
	s.t.Helper()
	ctx := s.t.Context()
	waves := s.plan.Waves
	if len(waves) == 0 {
		waves = []int{s.plan.Parts}
	}
	first := 0
	for _, parts := range waves {
		for _, n := range rand.Perm(parts) {
			totals, out, err := s.ingest.Part(ctx, run.Part{Run: s.run, Plan: s.plan, Index: first + n, Attempt: "A", Meter: new(run.Meter)})
			if err != nil {
				return totals, err
			}
			m := ledger.PartManifest{Part: first + n, Attempt: "A", Totals: totals, Output: out}
			if err := s.ledger.FinishPart(ctx, s.run.ID, 1, m); err != nil {
				s.t.Fatal(err)
			}
		}
		first += parts
	}
	var manifests []ledger.PartManifest
	for n := range s.plan.Parts {
		m, err := s.ledger.PartManifest(ctx, s.run.ID, 1, n)
		if err != nil {
			s.t.Fatal(err)
		}
		manifests = append(manifests, m)
	}
	return s.ingest.Commit(ctx, s.run, s.plan, manifests)
}

// quotedRows is a CSV file whose names have line feeds, delimiters and quotes in
// them, and one row in ten of which doesn't fit.
func quotedRows(n int) []byte {
	var b bytes.Buffer
	b.WriteString("id,name\n")
	for i := range n {
		switch {
		case i%10 == 3:
			fmt.Fprintf(&b, "x%d,\"bad\nrow\"\n", i)
		case i%7 == 0:
			fmt.Fprintf(&b, "%d,\"name, \"\"%d\"\"\n%s\n\"\n", i, i, strings.Repeat("1,\"\"x\"\"\n", i%20))
		default:
			fmt.Fprintf(&b, "%d,name %d\n", i, i)
		}
	}
	return b.Bytes()
}

// jsonRows is a file of objects, one row in ten of which doesn't fit. There are
// blank lines between them, and lines that are longer than a range may be.
func jsonRows(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		switch {
		case i%70 == 33:
			b.WriteString(" \r\n\n")
		case i%1000 == 501:
			fmt.Fprintf(&b, "{\"id\":%d,\"name\":\"%s\"}\n", i, strings.Repeat("long ", 4000))
			continue
		}
		if i%10 == 3 {
			fmt.Fprintf(&b, "{\"id\":\"x%d\",\"name\":\"bad\"}\n", i)
			continue
		}
		fmt.Fprintf(&b, "{\"id\":%d,\"name\":\"name \\\"%d\\\"\\n%s\"}\n", i, i, strings.Repeat("y", i%60))
	}
	return b.Bytes()
}

// contents is all rows, and all quarantined rows with their places.
func (s *scene) contents() string { return s.one(contents) }

const contents = `SELECT concat(toString((count(), uniqExact(id), sum(id), sum(cityHash64(id, name)))), ' ',
		(SELECT toString((count(), uniqExact(c__row), sum(c__row), sum(c__line), sum(c__offset), sum(c__row_group), sum(cityHash64(c__raw, c__row, c__line, c__offset, c__row_group))))
		 FROM events_quarantine)) FROM events`

// parquetRows writes a file of several row groups.
func (s *scene) parquetRows(n int) {
	s.t.Helper()
	store := s.store
	_, err := s.db.ExecContext(s.t.Context(), fmt.Sprintf(`INSERT INTO FUNCTION s3('%s/%s/big.parquet', '%s', '%s', 'Parquet')
		SELECT if(number %% 10 = 3, NULL, number) AS id, concat('name ', toString(cityHash64(number))) AS name
		FROM numbers(%d) ORDER BY number SETTINGS output_format_parquet_row_group_size = 200, max_threads = 1`, store.Endpoint, s.data.Name(), store.AccessKey, store.Secret, n))
	if err != nil {
		s.t.Fatal(err)
	}
}

// A file that is split is what it is when one part reads it: the same rows, and
// the same rejects at the same places.
func TestASplitFileIsTheSame(t *testing.T) {
	for name, put := range map[string]func(s *scene){
		"csv":     func(s *scene) { s.put("big.csv", quotedRows(3000)) },
		"ndjson":  func(s *scene) { s.put("big.ndjson", jsonRows(3000)) },
		"parquet": func(s *scene) { s.parquetRows(3000) },
	} {
		t.Run(name, func(t *testing.T) {
			want := ""
			for _, width := range []int64{1 << 30, 5000, 17_777} {
				s := newScene(t)
				put(s)
				s.splitPlan(width)
				if split := s.plan.Parts > 1; split != (width < 1<<30) {
					t.Fatalf("got %d parts in ranges of %d bytes", s.plan.Parts, width)
				}
				totals, err := s.parts()
				if err != nil || totals.Files != 1 || totals.Rows != 2700 || totals.Quarantined != 300 {
					t.Fatalf("got %+v, %v", totals, err)
				}
				got := s.contents()
				if want == "" {
					want = got
				}
				if got != want {
					t.Errorf("in ranges of %d bytes: got %s, want %s", width, got, want)
				}
				if got := s.one("SELECT toString((state, rows, quarantined, marked)) FROM longshore_files FINAL WHERE range = 0"); got != "('done',2700,300,1)" {
					t.Errorf("got %s", got)
				}
				s.end()
				if files, err := s.ingest.Scan(t.Context(), s.project, "events"); err != nil || files != 0 {
					t.Errorf("got %d files left, %v", files, err)
				}
			}
		})
	}
}

// Runs that die anywhere leave a file that the next ones finish in the same
// ranges, whatever theirs would be.
func TestASplitFileIsFinishedInItsRanges(t *testing.T) {
	for key, body := range map[string][]byte{"big.csv": quotedRows(3000), "big.ndjson": jsonRows(3000)} {
		t.Run(key, func(t *testing.T) { finishedInItsRanges(t, key, body) })
	}
}

func finishedInItsRanges(t *testing.T, key string, body []byte) {
	t.Helper()
	s := newScene(t)
	s.put(key, body)
	rnd := rand.New(rand.NewPCG(7, 7))
	width, deaths := int64(8000), 0
	for {
		s.splitPlan(width)
		left := 2 + rnd.IntN(12)
		s.write = func(string) error {
			if left--; left < 0 {
				return fault.New(fault.Temporary, "not the server")
			}
			return nil
		}
		_, err := s.parts()
		if err == nil {
			break
		}
		if !fault.Is(err, fault.Temporary) {
			t.Fatal(err)
		}
		width = 3000 + rnd.Int64N(9000)
		deaths++
	}
	s.write = nil
	if deaths < 2 {
		t.Errorf("got %d deaths: too few to tell", deaths)
	}
	got := s.contents()
	if got := s.one("SELECT toString((count(), uniqExact(range_bytes), any(range_bytes) BETWEEN 7000 AND 8000, countIf(state != 'done'), sumIf(rows, range > 0), sumIf(rows, range = 0))) FROM longshore_files FINAL"); !strings.HasSuffix(got, ",1,1,0,2700,2700)") {
		t.Errorf("got %s", got)
	}
	alone := newScene(t)
	alone.put(key, body)
	alone.splitPlan(1 << 30)
	if _, err := alone.parts(); err != nil {
		t.Fatal(err)
	}
	if want := alone.contents(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A file that is deleted or overwritten while its ranges are read fails by name,
// and none of its rows count as done.
func TestASplitFileThatChangesFails(t *testing.T) {
	for name, change := range map[string]func(s *scene){
		"deleted": func(s *scene) {
			if err := s.data.Delete(s.t.Context(), "big.csv"); err != nil {
				s.t.Fatal(err)
			}
		},
		"overwritten": func(s *scene) { s.put("big.csv", quotedRows(10)) },
	} {
		for _, when := range []int{1, 4, 9} {
			t.Run(fmt.Sprint(name, " at open ", when), func(t *testing.T) {
				s := newScene(t)
				etag := s.put("big.csv", quotedRows(3000))
				s.splitPlan(8000)
				opened := 0
				s.open = func(string) error {
					if opened++; opened == when {
						change(s)
					}
					return nil
				}
				totals, err := s.parts()
				if err != nil || totals.Files != 1 || totals.FailedFiles != 1 {
					t.Fatalf("got %+v, %v", totals, err)
				}
				where := " FROM longshore_files FINAL WHERE range = 0 AND etag = '" + etag + "'"
				if got := s.one("SELECT concat(toString(state), ' ', error)" + where); !strings.HasPrefix(got, "failed read big.csv: ") {
					t.Errorf("got %q", got)
				}
				if got := s.one("SELECT toString(any(rows) = (SELECT count() FROM events))" + where); got != "1" {
					t.Errorf("the record of the failed file doesn't say how many of its rows are there")
				}
			})
		}
	}
}

// The new version's rows are all there before the old version's go, also where
// both are split.
func TestASplitFileIsReplaced(t *testing.T) {
	s := newScene(t)
	s.push("IMPORT_ON_OVERWRITE replace")
	e1, other := s.put("big.csv", quotedRows(2000)), s.put("b.csv", someRows(0, 20))
	s.splitPlan(8000)
	if _, err := s.parts(); err != nil {
		t.Fatal(err)
	}
	e2 := s.put("big.csv", quotedRows(3000))
	s.splitPlan(8000)
	s.write = func(what string) error {
		if what == "remove" {
			return fault.New(fault.Temporary, "not the server")
		}
		return nil
	}
	if _, err := s.parts(); !fault.Is(err, fault.Temporary) {
		t.Fatal(err)
	}
	s.write = nil
	s.wantVersions(map[[2]string]string{{"big.csv", e1}: "done 1800 200", {"big.csv", e2}: "done 2700 300"})
	s.splitPlan(8000)
	if _, err := s.parts(); err != nil {
		t.Fatal(err)
	}
	s.wantVersions(map[[2]string]string{{"big.csv", e1}: "replaced 0 0", {"big.csv", e2}: "done 2700 300", {"b.csv", other}: "done 18 2"})
}
