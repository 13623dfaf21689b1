package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/ledger"
)

// examples is an API with examples/shop in force, which has syncs of each mode.
func examples(t *testing.T) *apitest.Server {
	t.Helper()
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	return s
}

func TestFullResync(t *testing.T) {
	s := examples(t)
	first := s.Create(t, ledger.Export, "stock_changes")
	var started api.StartResult
	r := remote(t, s, "sync", "run", "stock_changes", "--full-resync", "-o", "json")
	if err := json.Unmarshal([]byte(r.stdout), &started); err != nil || r.code != 0 || started.Run.Trigger.Baseline != "full resync" {
		t.Fatalf("got %+v, %v", r, err)
	}
	if r := remote(t, s, "run", "ls"); !strings.Contains(r.stdout, "manual, full resync") {
		t.Errorf("run ls: got %s", r.stdout)
	}
	r = remote(t, s, "sync", "run", "stock_changes", "--reset-baseline", "--wait")
	if r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, "run "+started.Run.ID+" of sync stock_changes is queued, a full resync") {
		t.Errorf("another one queued: got %+v", r)
	}
	s.End(t, first.ID, ledger.Done, ledger.Totals{}, nil)
	manifest := map[string]any{
		"ops":     map[string]int64{"added": 1500, "changed": 2, "removed": 1, "unchanged": 0},
		"objects": []map[string]any{{"bucket": "b", "key": "s-added.csv", "op": "added", "rows": 1500}},
	}
	if err := s.Ledger.SaveManifest(t.Context(), ledger.RunID(started.Run.ID), manifest); err != nil {
		t.Fatal(err)
	}
	s.End(t, ledger.RunID(started.Run.ID), ledger.Done, ledger.Totals{Rows: 1503, Bytes: 4096, Files: 1}, nil)
	r = remote(t, s, "run", "show", started.Run.ID)
	for _, want := range []string{"baseline      full resync\n", "rows by op    added 1,500, changed 2, removed 1, unchanged 0\n", "OP      ROWS    BYTES   CRC64NVME\n", "s3://b/s-added.csv   added   1,500"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("run show: got %s, want %q", r.stdout, want)
		}
	}
}

// A run that doesn't compare has no word about ops.
func TestRunOfAllRowsHasNoOps(t *testing.T) {
	s := examples(t)
	run := s.Create(t, ledger.Export, "orders_archive")
	manifest := map[string]any{"ops": map[string]int64{"all": 9}, "objects": []map[string]any{{"bucket": "b", "key": "o.csv", "op": "all", "rows": 9}}}
	if err := s.Ledger.SaveManifest(t.Context(), run.ID, manifest); err != nil {
		t.Fatal(err)
	}
	s.End(t, run.ID, ledger.Done, ledger.Totals{Rows: 9, Files: 1}, nil)
	if r := remote(t, s, "run", "show", string(run.ID)); strings.Contains(r.stdout, "by op") || strings.Contains(r.stdout, "OP ") || !strings.Contains(r.stdout, "s3://b/o.csv   9 ") {
		t.Errorf("got %s", r.stdout)
	}
}

func TestResetBaselineAndWait(t *testing.T) {
	s := examples(t)
	c := start(t, options(reaching(s)), "sync", "run", "new_customers", "--reset-baseline", "--wait")
	c.stderr.hear(t, "queued")
	rec, err := s.Ledger.Subject(t.Context(), ledger.Subject{Kind: ledger.Export, Name: "new_customers"})
	if err != nil {
		t.Fatal(err)
	}
	s.End(t, rec.Active, ledger.Done, ledger.Totals{}, nil)
	if r := c.end(t); r.code != 0 || r.stdout != "done: 0 rows, 0 B, 2.0s, 0 objects written, baseline reset\n" {
		t.Errorf("got %+v", r)
	}
}

func TestBaselineFlagsThatDontFit(t *testing.T) {
	s := examples(t)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"sync", "run", "stock_changes", "--full-resync", "--reset-baseline"}, "[full-resync reset-baseline] were all set"},
		{[]string{"sync", "run", "orders_archive", "--full-resync"}, "its mode is all"},
		{[]string{"datasource", "sync", "page_views", "--full-resync"}, "unknown flag: --full-resync"},
	} {
		if r := remote(t, s, test.args...); r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, test.want) {
			t.Errorf("%v: got %+v, want %s", test.args, r, test.want)
		}
	}
}

func TestSyncShowSaysItsBaseline(t *testing.T) {
	s := examples(t)
	if r := remote(t, s, "sync", "show", "stock_changes"); !strings.Contains(r.stdout, "baseline      none yet: the next run sends every row\n") {
		t.Errorf("got %s", r.stdout)
	}
	at := time.Date(2024, 5, 1, 6, 30, 0, 0, time.UTC)
	run := ledger.NewRunID(at)
	if err := s.Ledger.SaveBaseline(t.Context(), "stock_changes", run, map[string]any{"rows": 1234, "mode": "diff", "committed_at": at}); err != nil {
		t.Fatal(err)
	}
	if err := s.Ledger.MoveBaseline(t.Context(), "stock_changes", "", run); err != nil {
		t.Fatal(err)
	}
	if r := remote(t, s, "sync", "show", "stock_changes"); !strings.Contains(r.stdout, "baseline      1,234 rows of run "+string(run)+", 2024-05-01 06:30:00Z\n") {
		t.Errorf("got %s", r.stdout)
	}
	if r := remote(t, s, "sync", "show", "orders_archive"); strings.Contains(r.stdout, "baseline ") {
		t.Errorf("mode all: got %s", r.stdout)
	}
}
