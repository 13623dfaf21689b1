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
	minutely := def.Schedule{Kind: def.Cron, Cron: "* * * * *"}
	tests := []struct {
		name      string
		s         def.Schedule
		last, now string
		want      string // empty: not due
	}{
		{"a new interval begins at once", hourly, "", "2024-05-01 10:20:00", "2024-05-01 10:00:00"},
		{"an interval that ran", hourly, "2024-05-01 10:00:00", "2024-05-01 10:59:59", ""},
		{"an interval is due on the dot", hourly, "2024-05-01 10:00:00", "2024-05-01 11:00:00", "2024-05-01 11:00:00"},
		{"missed intervals are one", hourly, "2024-05-01 10:00:00", "2024-05-02 10:30:00", "2024-05-02 10:00:00"},
		{"a new cron waits", nightly, "", "2024-05-01 03:00:00", ""},
		{"cron", nightly, "2024-05-01 02:59:00", "2024-05-01 03:00:00", "2024-05-01 03:00:00"},
		{"cron before its time", nightly, "2024-05-01 03:00:00", "2024-05-02 02:59:59", ""},
		{"cron in a zone", berlin, "2024-05-01 00:00:00", "2024-05-01 01:00:00", "2024-05-01 01:00:00"},
		{"a long downtime is one tick", minutely, "2024-01-01 00:00:00", "2024-05-01 00:00:30", "2024-05-01 00:00:00"},
		{"exactly as many as are looked through", minutely, "2024-01-01 00:00:00", "2024-01-01 16:40:00", "2024-01-01 16:40:00"},
		{"auto is once a minute", def.Schedule{Kind: def.Auto}, "2024-05-01 10:00:00", "2024-05-01 10:01:07", "2024-05-01 10:01:00"},
		{"on demand never is", def.Schedule{Kind: def.OnDemand}, "", "2024-05-01 10:01:07", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, due, err := schedule.Due(tt.s, clock(t, tt.last), clock(t, tt.now))
			if err != nil {
				t.Fatal(err)
			}
			if due != (tt.want != "") || due && !got.Equal(clock(t, tt.want)) {
				t.Errorf("got %v %v, want %q", got, due, tt.want)
			}
		})
	}
}

func TestNext(t *testing.T) {
	s := def.Schedule{Kind: def.Cron, Cron: "30 2 * * *", Zone: "Europe/Berlin"}
	got, err := schedule.Next(s, clock(t, "2024-03-29 12:00:00"), 3)
	if err != nil || len(got) != 3 {
		t.Fatalf("got %v, %v", got, err)
	}
	// On 31 March 2024 half past two doesn't exist in Berlin.
	for i, want := range []string{"2024-03-30 01:30:00", "2024-04-01 00:30:00", "2024-04-02 00:30:00"} {
		if !got[i].Equal(clock(t, want)) {
			t.Errorf("got %v, want %s", got[i], want)
		}
	}
}
