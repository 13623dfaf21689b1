package cli_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/ledger"
)

// planned is an API that says what backfills would do.
func planned(t *testing.T) *apitest.Server {
	t.Helper()
	s := apitest.Start(t, func(cfg *api.Config) {
		cfg.PlanBackfill = func(_ context.Context, _ ledger.ProjectID, rec ledger.BackfillRecord) (api.BackfillPlan, error) {
			plan := api.BackfillPlan{
				Found: api.BackfillFound{Files: 1_000_000, Bytes: 1 << 40, Known: 12, Held: 1}, Parts: 4096, Inserts: 16384,
				Seconds: new(float64(7200)), SecondsLow: new(float64(5400)), SecondsHigh: new(float64(9000)), BytesPerSecond: 150 << 20,
				Rows: new(int64(9_876_543_210)), Quarantined: new(int64(0)),
			}
			switch rec.URI {
			case "s3://shop-lake/none":
				return api.BackfillPlan{Found: api.BackfillFound{Complete: true}}, nil
			case "s3://shop-lake/idle":
				plan.RateOf, plan.Sample = "sample", &api.BackfillSample{Files: 1, Bytes: 4 << 20, Rows: 40_000}
			case "s3://shop-lake/new":
				plan.RateOf, plan.Slots, plan.Quarantined = "sample", 2, new(int64(1_000))
				plan.Sample = &api.BackfillSample{Files: 16, Bytes: 60 << 20, Rows: 600_000, Quarantined: 1, Unreadable: 1, Why: "read a.parquet: not a Parquet file"}
			default:
				plan.RateOf, plan.Runs = "runs", 20
			}
			return plan, nil
		}
	})
	if r := remote(t, s, "push", newProject(t)); r.code != 0 {
		t.Fatalf("push: %+v", r)
	}
	return s
}

// note changes what the leader writes of a backfill.
func note(t *testing.T, s *apitest.Server, name string, change func(rec *ledger.BackfillRecord)) {
	t.Helper()
	if _, err := s.Ledger.UpdateBackfill(t.Context(), name, func(rec *ledger.BackfillRecord) error { change(rec); return nil }); err != nil {
		t.Fatal(err)
	}
}

func underWay(rec *ledger.BackfillRecord) {
	at := time.Date(2024, 5, 1, 22, 0, 0, 0, time.UTC)
	rec.Found = ledger.BackfillFound{Files: 1_000_000, Bytes: 1 << 40, Known: 3, Complete: true}
	rec.Pace.Move(at, 0)
	rec.Pace.Move(at.Add(50*time.Second), 1<<38)
	rec.Done, rec.DoneParts = ledger.Totals{Rows: 1_234_567, Bytes: 1 << 38, Files: 250_000, Quarantined: 2, FailedFiles: 1}, 1024
	rec.Throttled = ledger.BackfillThrottle{Since: at, Why: "a partition of page_views has 312 active parts; the limit is 300"}
}

func TestGoldenBackfill(t *testing.T) {
	s := planned(t)
	check := func(name string, args ...string) {
		t.Run(name, func(t *testing.T) { golden(t, name, remote(t, s, args...)) })
	}
	check("backfill-ls-empty", "backfill", "ls")
	check("backfill-plan", "backfill", "plan", "page_views", "--from", "2023-01-01", "--to", "2024-01-01 08:00")
	check("backfill-plan-sample", "backfill", "plan", "page_views", "--uri", "s3://shop-lake/new")
	check("backfill-plan-idle", "backfill", "plan", "page_views", "--uri", "s3://shop-lake/idle")
	check("backfill-plan-unknown", "backfill", "plan", "page_views", "--uri", "s3://shop-lake/none")
	check("backfill-create", "backfill", "create", "page_views", "--name", "old_views", "--max-bytes-per-second", "50MiB", "--to", "2024-01-01")
	check("backfill-create-taken", "backfill", "create", "page_views", "--name", "old_views")
	check("backfill-create-time", "backfill", "create", "page_views", "--from", "yesterday")
	check("backfill-create-rate", "backfill", "create", "page_views", "--max-bytes-per-second", "fast")
	check("backfill-status-queued", "backfill", "status", "old_views")
	rec, err := s.Ledger.Backfill(t.Context(), "old_views")
	if err != nil {
		t.Fatal(err)
	}
	s.Run(t, rec.Run, 4096)
	note(t, s, "old_views", underWay)
	check("backfill-ls", "backfill", "ls")
	check("backfill-status", "backfill", "status", "old_views")
	check("backfill-pause", "backfill", "pause", "old_views")
	check("backfill-resume", "backfill", "resume", "old_views")
	check("backfill-cancel", "backfill", "cancel", "old_views")
	s.End(t, rec.Run, ledger.Canceled, ledger.Totals{}, nil)
	check("backfill-run-ls", "run", "ls", "--datasource", "page_views")
	check("backfill-run-ls-one", "run", "ls", "--backfill", "old_views")
	check("backfill-run-ls-unknown", "run", "ls", "--backfill", "nobody")
	check("backfill-cancel-ended", "backfill", "cancel", "old_views")
	check("backfill-create-few", "backfill", "create", "page_views", "--name", "few")
	few, err := s.Ledger.Backfill(t.Context(), "few")
	if err != nil {
		t.Fatal(err)
	}
	s.Run(t, few.Run, 2)
	check("backfill-run-cancel", "run", "cancel", string(few.Run))
	s.End(t, few.Run, ledger.Canceled, ledger.Totals{}, nil)
	check("backfill-run-show", "run", "show", string(few.Run))
	check("backfill-status-unknown", "backfill", "status", "nobody")
}

func TestWaitForABackfill(t *testing.T) {
	totals := ledger.Totals{Rows: 1500, Bytes: 4096, Files: 3, Quarantined: 2}
	for _, c := range []struct {
		name    string
		state   ledger.State
		failure *ledger.Failure
		verdict *ledger.BackfillVerdict
		code    int
		stdout  string
		stderr  string
	}{
		{"done", ledger.Done, nil, &ledger.BackfillVerdict{OK: true, Totals: totals}, 0, "done: 1,500 rows, 4.0 KiB, 3 files, 0.0s, 2 rows in quarantine, verified\n", ""},
		{"not as planned", ledger.Done, nil, &ledger.BackfillVerdict{Note: "the file ledger lacks 1 of the files that were ingested"}, 1, "done: ", "does not verify: the file ledger lacks 1"},
		{"failed", ledger.Failed, &ledger.Failure{Kind: "denied", Message: "list s3://shop-lake: denied", Part: -1}, nil, 1, "failed: ", "failed: list s3://shop-lake: denied"},
		{"canceled", ledger.Canceled, nil, nil, 4, "canceled: ", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := planned(t)
			w := start(t, options(reaching(s)), "backfill", "create", "page_views", "--name", "old_views", "--wait")
			w.stderr.hear(t, "backfill old_views: queued")
			rec, err := s.Ledger.Backfill(t.Context(), "old_views")
			if err != nil {
				t.Fatal(err)
			}
			s.Run(t, rec.Run, 4096)
			note(t, s, "old_views", func(rec *ledger.BackfillRecord) {
				underWay(rec)
				rec.Throttled = ledger.BackfillThrottle{}
			})
			w.stderr.hear(t, "running")
			note(t, s, "old_views", func(rec *ledger.BackfillRecord) {
				rec.Done, rec.Verdict, rec.Pace = totals, c.verdict, ledger.Pace{}
			})
			s.End(t, rec.Run, c.state, totals, c.failure)
			r := w.end(t)
			if r.code != c.code || !strings.HasPrefix(r.stdout, c.stdout) || !strings.Contains(r.stderr, c.stderr) {
				t.Errorf("got %+v, want code %d, %q, %q", r, c.code, c.stdout, c.stderr)
			}
		})
	}
}

// Ctrl-C ends the waiting, not the backfill.
func TestInterruptLeavesTheBackfill(t *testing.T) {
	s := planned(t)
	w := start(t, options(reaching(s)), "backfill", "create", "page_views", "--wait")
	w.stderr.hear(t, "queued")
	w.cancel()
	if r := w.end(t); r.code != 130 || !strings.Contains(r.stderr, "longshore backfill status page_views-1 --wait") {
		t.Errorf("got %+v", r)
	}
	var b api.Backfill
	r := remote(t, s, "backfill", "status", "page_views-1", "--output", "json")
	if err := json.Unmarshal([]byte(r.stdout), &b); err != nil || b.State != "queued" || b.CancelRequested {
		t.Errorf("got %+v, %v", r, err)
	}
}
