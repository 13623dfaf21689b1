package schedule_test

import (
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/schedule"
)

// FuzzCron has schedules as projects write them: one that a project may have
// ticks onwards, and its ticks are due when their time has come.
func FuzzCron(f *testing.F) {
	for _, zone := range []string{"", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo"} {
		for _, expr := range []string{"30 2 * * *", "*/20 2-3 * * *", "0 0 29 2 *", "@hourly", "@every 1h30m", "0 0 * * 7", "59 23 31 12 MON-FRI"} {
			f.Add(expr, zone, int64(1_711_800_000))
		}
	}
	f.Fuzz(func(t *testing.T, expr, zone string, after int64) {
		s, ok := scheduleOf(expr, zone)
		if !ok {
			return
		}
		last := time.Unix(after%(1<<33), 0).UTC() // of the years 1697 to 2242
		ticks, err := schedule.Next(s, last, 3)
		if err != nil {
			t.Fatalf("%q in %q: %v", expr, zone, err)
		}
		for _, tick := range ticks {
			if !tick.After(last) {
				t.Fatalf("%q in %q: got %v after %v", expr, zone, tick, last)
			}
			if got, due, err := schedule.Due(s, last, tick); err != nil || !due || !got.Equal(tick) {
				t.Fatalf("%q in %q after %v: got %v, %t, %v at %v", expr, zone, last, got, due, err, tick)
			}
			last = tick
		}
	})
}

// scheduleOf is the schedule of a sync with an expression, if that is legal.
func scheduleOf(expr, zone string) (def.Schedule, bool) {
	quote := func(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
	text := "model: m\nmode: all\ndestination: {connection: s3, path: x, format: csv}\nschedule:\n  cron: " + quote(expr) + "\n"
	if zone != "" {
		text += "  timezone: " + quote(zone) + "\n"
	}
	p, problems := def.Parse(map[string][]byte{
		"connections/pg.connection": []byte("TYPE postgres\nPOSTGRES_URL postgres://localhost/db\n"),
		"connections/s3.connection": []byte("TYPE s3\nS3_REGION eu-west-3\nS3_BUCKET bucket\nS3_ACCESS_KEY a\nS3_SECRET b\n"),
		"models/m.yaml":             []byte("connection: pg\nsql: select 1\n"),
		"syncs/s.yaml":              []byte(text),
	})
	if problems.Err() != nil {
		return def.Schedule{}, false
	}
	return p.Syncs["s"].Schedule, true
}
