package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
)

// Each kind of schedule, where it is told: at a push, in lists, and by itself.
func TestGoldenSchedules(t *testing.T) {
	s := apitest.Start(t, nil)
	dir := newProject(t)
	body, err := os.ReadFile(filepath.Join(dir, "syncs/orders_daily.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for name, schedule := range map[string]string{
		"berlin": "cron: \"30 6 * * 1-5\"\n  timezone: Europe/Berlin\n  catch_up: skip", "hourly": "every: 1h", "chained": "after: berlin", "fed": "after: page_views",
	} {
		path := filepath.Join(dir, "syncs", name+".yaml")
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		change(t, path, `cron: "30 6 * * *"`, schedule)
	}
	check := func(name string, args ...string) {
		t.Run(name, func(t *testing.T) { golden(t, name, remote(t, s, args...)) })
	}
	check("schedules-push", "push", dir)
	check("schedules-push-again", "push", dir)
	check("schedules-ls", "sync", "ls")
	check("schedules-show-cron", "sync", "show", "berlin")
	check("schedules-show-after", "sync", "show", "fed")
	check("schedules-pause", "sync", "pause", "chained")
	change(t, filepath.Join(dir, "syncs/chained.yaml"), "after: berlin", "after: hourly")
	check("schedules-push-paused", "push", "--dry-run", dir)
	check("schedules-resume", "sync", "resume", "berlin")
}

// The times in a document are in the zone of the schedule.
func TestJSONOfSchedules(t *testing.T) {
	s := apitest.Start(t, nil)
	dir := newProject(t)
	change(t, filepath.Join(dir, "syncs/orders_daily.yaml"), `cron: "30 6 * * *"`, "cron: \"30 6 * * *\"\n  timezone: Asia/Kolkata")
	var pushed api.PushResult
	decode(t, remote(t, s, "push", "--dry-run", dir, "-o", "json"), &pushed)
	if len(pushed.Schedules) != 1 || len(pushed.Schedules[0].Next) != 5 {
		t.Fatalf("got %+v", pushed.Schedules)
	}
	for _, at := range pushed.Schedules[0].Next {
		if _, offset := at.Zone(); offset != 5*3600+1800 || at.Format("15:04:05") != "06:30:00" {
			t.Errorf("got %s, want 6:30 in Kolkata", at)
		}
	}
}

func decode(t *testing.T, r result, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.stdout), into); err != nil || r.code != 0 {
		t.Fatalf("got %+v, %v", r, err)
	}
}
