package schedule_test

import (
	"testing"
	"time"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/schedule"
)

func clock(t *testing.T, s string) time.Time {
	t.Helper()
	if s == "" {
		return time.Time{}
	}
	v, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDue(t *testing.T) {
	hourly := def.Schedule{Kind: def.Interval, Every: time.Hour}
	nightly := def.Schedule{Kind: def.Cron, Cron: "0 3 * * *"}
	berlin := def.Schedule{Kind: def.Cron, Cron: "0 3 * * *", Zone: "Europe/Berlin"}
	night := def.Schedule{Kind: def.Cron, Cron: "30 2 * * *", Zone: "Europe/Berlin"} // not a time of 31 March 2024, and twice one of 27 October
	minutely := def.Schedule{Kind: def.Cron, Cron: "* * * * *"}
	skip := func(s def.Schedule) def.Schedule { s.CatchUp = def.CatchUpSkip; return s }
	tests := []struct {
		name      string
		s         def.Schedule
		last, now string
		want      string // the tick; empty: none
		missed    bool   // it starts no run
	}{
		{"a new interval begins at once", hourly, "", "2024-05-01 10:20:00", "2024-05-01 10:00:00", false},
		{"an interval that ran", hourly, "2024-05-01 10:00:00", "2024-05-01 10:59:59", "", false},
		{"an interval is due on the dot", hourly, "2024-05-01 10:00:00", "2024-05-01 11:00:00", "2024-05-01 11:00:00", false},
		{"missed intervals are one", hourly, "2024-05-01 10:00:00", "2024-05-02 10:30:00", "2024-05-02 10:00:00", false},
		{"a new cron waits", nightly, "", "2024-05-01 03:00:00", "", false},
		{"cron", nightly, "2024-05-01 02:59:00", "2024-05-01 03:00:00", "2024-05-01 03:00:00", false},
		{"cron before its time", nightly, "2024-05-01 03:00:00", "2024-05-02 02:59:59", "", false},
		{"cron in a zone", berlin, "2024-05-01 00:00:00", "2024-05-01 01:00:00", "2024-05-01 01:00:00", false},
		{"a long downtime is one tick", minutely, "2024-01-01 00:00:00", "2024-05-01 00:00:30", "2024-05-01 00:00:00", false},
		{"a downtime of years", minutely, "2022-01-01 00:00:00", "2024-05-01 00:00:30", "2024-05-01 00:00:00", false},
		{"once a year", def.Schedule{Kind: def.Cron, Cron: "@yearly"}, "2021-06-01 00:00:00", "2024-05-01 00:00:30", "2024-01-01 00:00:00", false},
		{"every, by cron", def.Schedule{Kind: def.Cron, Cron: "@every 7m"}, "2024-05-01 10:00:00", "2024-05-01 10:21:05", "2024-05-01 10:21:00", false},
		{"every, by cron, not yet", def.Schedule{Kind: def.Cron, Cron: "@every 7m"}, "2024-05-01 10:00:00", "2024-05-01 10:06:59", "", false},
		{"auto is once a minute", def.Schedule{Kind: def.Auto}, "2024-05-01 10:00:00", "2024-05-01 10:01:07", "2024-05-01 10:01:00", false},
		{"on demand never is", def.Schedule{Kind: def.OnDemand}, "", "2024-05-01 10:01:07", "", false},
		{"after another never is", def.Schedule{Kind: def.After}, "2024-04-01 10:01:07", "2024-05-01 10:01:07", "", false},

		{"skip: on time", skip(nightly), "2024-04-30 03:00:00", "2024-05-01 03:00:00", "2024-05-01 03:00:00", false},
		{"skip: within the grace", skip(nightly), "2024-04-30 03:00:00", "2024-05-01 03:02:00", "2024-05-01 03:00:00", false},
		{"skip: missed", skip(nightly), "2024-04-30 03:00:00", "2024-05-01 03:02:01", "2024-05-01 03:00:00", true},
		{"latest: missed", nightly, "2024-04-30 03:00:00", "2024-05-01 03:02:01", "2024-05-01 03:00:00", false},
		{"skip: missed for weeks", skip(nightly), "2024-04-01 03:00:00", "2024-05-01 12:00:00", "2024-05-01 03:00:00", true},
		{"skip: back on time after weeks", skip(nightly), "2024-04-01 03:00:00", "2024-05-01 03:00:05", "2024-05-01 03:00:00", false},
		{"skip: an interval within the grace", skip(hourly), "2024-05-01 07:00:00", "2024-05-01 10:01:59", "2024-05-01 10:00:00", false},
		{"skip: a missed interval", skip(hourly), "2024-05-01 07:00:00", "2024-05-01 10:30:00", "2024-05-01 10:00:00", true},
		{"skip: a new interval begins at once", skip(hourly), "", "2024-05-01 10:30:00", "2024-05-01 10:00:00", false},
		{"skip: a new cron waits", skip(nightly), "", "2024-05-01 12:00:00", "", false},
		{"skip: as often as the grace never is missed", skip(minutely), "2024-01-01 00:00:00", "2024-05-01 00:00:59", "2024-05-01 00:00:00", false},

		{"spring: at the change", night, "2024-03-30 01:30:00", "2024-03-31 01:00:00", "2024-03-31 01:00:00", false},
		{"spring: once", night, "2024-03-31 01:00:00", "2024-03-31 23:00:00", "", false},
		{"spring: skip, missed", skip(night), "2024-03-30 01:30:00", "2024-03-31 01:30:00", "2024-03-31 01:00:00", true},
		{"autumn: at its first coming", night, "2024-10-26 00:30:00", "2024-10-27 00:30:00", "2024-10-27 00:30:00", false},
		{"autumn: once", night, "2024-10-27 00:30:00", "2024-10-27 23:00:00", "", false},
		{"autumn: back between the two", skip(night), "2024-10-26 00:30:00", "2024-10-27 01:30:00", "2024-10-27 00:30:00", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, due, err := schedule.Due(tt.s, clock(t, tt.last), clock(t, tt.now))
			if err != nil {
				t.Fatal(err)
			}
			if want := clock(t, tt.want); !got.Equal(want) || due != (tt.want != "" && !tt.missed) {
				t.Errorf("got %v, due %v; want %q, missed %v", got, due, tt.want, tt.missed)
			}
		})
	}
}
