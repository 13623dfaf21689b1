package ingest

import (
	"testing"
	"time"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
)

func TestHowManyPartsMayBegin(t *testing.T) {
	now := time.Date(2024, 5, 1, 22, 0, 0, 0, time.UTC)
	const mib = 1 << 20
	limited := func(active time.Duration) ledger.BackfillRecord { // 10 parts of 100 MiB
		return ledger.BackfillRecord{
			Limits: ledger.BackfillLimits{MaxBytesPerSecond: 10 * mib}, Found: ledger.BackfillFound{Bytes: 1000 * mib},
			Pace: ledger.Pace{Active: active},
		}
	}
	running := limited(15 * time.Second)
	running.Pace.At = now.Add(-6 * time.Second)
	paused := limited(time.Hour)
	paused.PausedAt = now
	for _, c := range []struct {
		name string
		rec  ledger.BackfillRecord
		done int
		busy string
		want int
		why  string
	}{
		{"no limit", ledger.BackfillRecord{}, 3, "", ahead, ""},
		{"paused", paused, 3, "", 0, ""},
		{"paused and busy", paused, 3, "too many parts", 0, ""},
		{"busy", ledger.BackfillRecord{}, 3, "too many parts", 0, "too many parts"},
		{"the first part begins at once", limited(0), 0, "", 1, ""},
		{"the second one waits", limited(9 * time.Second), 1, "", 0, "it is ahead of its limit of 10485760 bytes per second"},
		{"until its time has come", limited(10 * time.Second), 1, "", 1, ""},
		{"what is late may catch up", limited(time.Minute), 1, "", 6, ""},
		{"never more than a queue holds", limited(time.Hour), 1, "", ahead, ""},
		{"the clock runs between two notes", running, 2, "", 1, ""},
		{"more are done than might have been", limited(0), 9, "", 0, "it is ahead of its limit of 10485760 bytes per second"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, why := allowed(c.rec, 10, run.Far{Parts: c.done}, c.busy, now)
			if got != c.want || why != c.why {
				t.Errorf("got %d %q, want %d %q", got, why, c.want, c.why)
			}
		})
	}
}

func TestOverloaded(t *testing.T) {
	rec := ledger.BackfillRecord{Datasource: "events", Limits: ledger.BackfillLimits{MaxParts: 300, MaxMerges: 16}}
	for _, c := range []struct {
		name string
		load clickhouse.Load
		want string
	}{
		{"idle", clickhouse.Load{}, ""},
		{"below both", clickhouse.Load{Parts: 299, Merges: 15}, ""},
		{"parts", clickhouse.Load{Parts: 312}, "a partition of events has 312 active parts; the limit is 300"},
		{"merges", clickhouse.Load{Parts: 299, Merges: 16}, "16 merges of events are under way; the limit is 16"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := overloaded(c.load, rec); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if got := overloaded(clickhouse.Load{Parts: 9999, Merges: 99}, ledger.BackfillRecord{}); got != "" {
		t.Errorf("without limits: got %q", got)
	}
}

func TestVerdict(t *testing.T) {
	done := clickhouse.FileRecord{State: clickhouse.FileDone, Rows: 10, Quarantined: 1, Size: 100}
	failed := clickhouse.FileRecord{State: clickhouse.FileFailed, Size: 7}
	both := ledger.Totals{Rows: 10, Quarantined: 1, Bytes: 107, Files: 2, FailedFiles: 1}
	for _, c := range []struct {
		name  string
		files []clickhouse.FileRecord
		parts ledger.Totals
		ok    bool
		note  string
	}{
		{"nothing", nil, ledger.Totals{}, true, ""},
		{"all there", []clickhouse.FileRecord{done, failed}, both, true, ""},
		{"a file is gone", []clickhouse.FileRecord{done, {}}, both, false, "the file ledger lacks 1 of the files that were ingested"},
		{"a file is half done", []clickhouse.FileRecord{failed, {State: clickhouse.FileIngesting}}, both, false, "the file ledger lacks 1 of the files that were ingested"},
		{"rows differ", []clickhouse.FileRecord{done, done}, ledger.Totals{Rows: 19, Quarantined: 2, Bytes: 200, Files: 2}, false,
			"the file ledger has 20 rows and 2 in quarantine, the parts counted 19 and 2"},
		{"left to another", []clickhouse.FileRecord{done, {State: clickhouse.FilePlanned}}, ledger.Totals{Rows: 10, Quarantined: 1, Bytes: 100, Files: 1, SkippedFiles: 1}, true,
			"left to another run, which has them in hand: 1 of the files"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var v verdict
			for _, rec := range c.files {
				v.count(rec)
			}
			if v.judge(c.parts); v.OK != c.ok || v.Note != c.note {
				t.Errorf("got %v %q, want %v %q", v.OK, v.Note, c.ok, c.note)
			}
		})
	}
}
