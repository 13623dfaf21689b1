package schedule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/schedule"
)

// Clocks go forward at 2:00 on 31 March 2024 in Berlin, and back at 3:00 on 27
// October. In Cairo they went forward at midnight of 26 April 2024.
func TestChangesOfTheClock(t *testing.T) {
	tests := []struct {
		name, zone, cron, after string
		want                    []string // in UTC
	}{
		{"a time left out is when the clocks go forward", "Europe/Berlin", "30 2 * * *", "2024-03-30 12:00:00",
			[]string{"2024-03-31 01:00:00", "2024-04-01 00:30:00"}},
		{"and not again", "Europe/Berlin", "30 2 * * *", "2024-03-31 01:00:00",
			[]string{"2024-04-01 00:30:00", "2024-04-02 00:30:00"}},
		{"several left out are one", "Europe/Berlin", "*/20 2-3 * * *", "2024-03-31 00:30:00",
			[]string{"2024-03-31 01:00:00", "2024-03-31 01:20:00", "2024-03-31 01:40:00", "2024-04-01 00:00:00"}},
		{"at the change itself", "Europe/Berlin", "0 2 * * *", "2024-03-30 12:00:00",
			[]string{"2024-03-31 01:00:00", "2024-04-01 00:00:00"}},
		{"a time that comes twice is its first", "Europe/Berlin", "30 2 * * *", "2024-10-26 12:00:00",
			[]string{"2024-10-27 00:30:00", "2024-10-28 01:30:00"}},
		{"not its second", "Europe/Berlin", "30 2 * * *", "2024-10-27 00:30:00",
			[]string{"2024-10-28 01:30:00"}},
		{"looked for between the two", "Europe/Berlin", "30 2 * * *", "2024-10-27 01:10:00",
			[]string{"2024-10-28 01:30:00"}},
		{"looked for before the first", "Europe/Berlin", "30 2 * * *", "2024-10-27 00:29:59",
			[]string{"2024-10-27 00:30:00"}},
		{"the end of the hour that comes twice", "Europe/Berlin", "0 3 * * *", "2024-10-26 12:00:00",
			[]string{"2024-10-27 02:00:00", "2024-10-28 02:00:00"}},
		{"every hour has its run, 25 that day", "Europe/Berlin", "30 * * * *", "2024-10-26 23:45:00",
			[]string{"2024-10-27 00:30:00", "2024-10-27 01:30:00", "2024-10-27 02:30:00"}},
		{"and 23 that day", "Europe/Berlin", "30 * * * *", "2024-03-31 00:00:00",
			[]string{"2024-03-31 00:30:00", "2024-03-31 01:30:00", "2024-03-31 02:30:00"}},
		{"midnight left out", "Africa/Cairo", "0 0 * * *", "2024-04-25 12:00:00",
			[]string{"2024-04-25 22:00:00", "2024-04-26 21:00:00"}},
		{"half an hour's change", "Australia/Lord_Howe", "45 1 * * *", "2024-04-05 20:00:00",
			[]string{"2024-04-06 14:45:00", "2024-04-07 15:15:00"}},
		{"a zone that changes nothing", "Asia/Kolkata", "30 2 * * *", "2024-03-30 12:00:00",
			[]string{"2024-03-30 21:00:00", "2024-03-31 21:00:00"}},
		{"UTC", "", "30 2 * * *", "2024-03-30 12:00:00", []string{"2024-03-31 02:30:00"}},
		{"never", "Europe/Berlin", "0 0 30 2 *", "2024-03-30 12:00:00", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := def.Schedule{Kind: def.Cron, Cron: tt.cron, Zone: tt.zone}
			got, err := schedule.Next(s, clock(t, tt.after), max(len(tt.want), 1))
			if err != nil {
				t.Fatal(err)
			}
			var shown []string
			for _, g := range got {
				shown = append(shown, g.Format("2006-01-02 15:04:05"))
			}
			if fmt.Sprint(shown) != fmt.Sprint(tt.want) {
				t.Errorf("got %v, want %v", shown, tt.want)
			}
		})
	}
}

// In every zone of a sample and on every day of seven years a nightly time comes
// once, in order, whatever moment it is looked for from.
func TestANightlyTimeIsOnceADay(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Tehran", "America/St_Johns"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []string{"0 0", "30 0", "59 1", "30 2"} {
			s := def.Schedule{Kind: def.Cron, Cron: at + " * * *", Zone: zone}
			start := time.Date(2017, 1, 1, 12, 0, 0, 0, loc)
			times, err := schedule.Next(s, start, 2555)
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range times {
				if day, want := got.In(loc).Format(time.DateOnly), start.AddDate(0, 0, i+1).Format(time.DateOnly); day != want {
					t.Fatalf("%s %s: tick %d is %s, want one on %s", zone, at, i, got.In(loc), want)
				}
				again, err := schedule.Next(s, got.Add(-time.Second), 1)
				if err != nil || !again[0].Equal(got) {
					t.Fatalf("%s %s: a second before %s the next is %s, %v", zone, at, got, again, err)
				}
			}
		}
	}
}

func TestAZoneThatIsGone(t *testing.T) {
	_, err := schedule.Next(def.Schedule{Kind: def.Cron, Cron: "@daily", Zone: "Europe/Atlantis"}, clock(t, "2024-05-01 10:00:00"), 1)
	if err == nil || !strings.Contains(err.Error(), "Atlantis") {
		t.Errorf("got %v", err)
	}
}
