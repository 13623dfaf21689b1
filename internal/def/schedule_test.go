package def

import "testing"

const plainSync = "model: m\nmode: all\ndestination: {connection: lake, path: x.csv, format: csv}\n"

// Syncs that would start each other for ever are refused, with the place of one
// of them and the whole circle.
func TestSyncsDoNotRunAfterThemselves(t *testing.T) {
	tests := []struct {
		name  string
		after map[string]string // sync → schedule
		want  string            // empty: no mistake
	}{
		{"itself", map[string]string{"s": "{after: s}"}, "syncs/s.yaml:4: syncs run after each other in a circle: s → s, give one of them another schedule"},
		{"two", map[string]string{"s": "{after: t}", "t": "{after: {sync: s}}"}, "syncs/s.yaml:4: syncs run after each other in a circle: s → t → s, give one of them another schedule"},
		{"three", map[string]string{"s": "{after: t}", "t": "{after: u}", "u": "{after: s}"}, "syncs/s.yaml:4: syncs run after each other in a circle: s → t → u → s, give one of them another schedule"},
		{"behind a sync", map[string]string{"a": "{after: t}", "t": "{after: u}", "u": "{after: t}"}, "syncs/t.yaml:4: syncs run after each other in a circle: t → u → t, give one of them another schedule"},
		{"two of them", map[string]string{"s": "{after: s}", "t": "{after: t}"}, "syncs/s.yaml:4: syncs run after each other in a circle: s → s, give one of them another schedule\n" +
			"syncs/t.yaml:4: syncs run after each other in a circle: t → t, give one of them another schedule"},
		{"a chain", map[string]string{"s": "{after: t}", "t": "{after: u}", "u": "{every: 1h}", "v": "{after: t}"}, ""},
		{"a chain from a datasource", map[string]string{"s": "{after: t}", "t": "{after: {datasource: s}}"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := base()
			files["datasources/s.datasource"] = []byte("SCHEMA >\n    a String\n")
			for name, schedule := range tt.after {
				files["syncs/"+name+".yaml"] = []byte(plainSync + "schedule: " + schedule + "\n")
				if schedule == "{after: s}" { // s is a datasource too
					files["syncs/"+name+".yaml"] = []byte(plainSync + "schedule: {after: {sync: s}}\n")
				}
			}
			if _, problems := Parse(files); problems.Error() != tt.want {
				t.Errorf("got\n%v\nwant\n%s", problems, tt.want)
			}
		})
	}
}

func TestCatchUpOfASchedule(t *testing.T) {
	tests := []struct {
		name, schedule string
		want           CatchUp
		mistake        string
	}{
		{"interval", "{every: 1h}", CatchUpLatest, ""},
		{"cron", "{cron: '@daily'}", CatchUpLatest, ""},
		{"said", "{cron: '@daily', catch_up: latest}", CatchUpLatest, ""},
		{"skip", "{every: 1h, catch_up: skip}", CatchUpSkip, ""},
		{"no clock", "manual", "", ""},
		{"typo", "{every: 1h, catch_up: skp}", "", `syncs/s.yaml:4: schedule.catch_up is "skp", did you mean "skip"?`},
		{"after", "{after: t, catch_up: skip}", "", "syncs/s.yaml:4: schedule.catch_up is of use with every and cron only, remove it, or use every or cron"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := base()
			files["syncs/t.yaml"] = []byte(plainSync)
			files["syncs/s.yaml"] = []byte(plainSync + "schedule: " + tt.schedule + "\n")
			p, problems := Parse(files)
			if problems.Error() != tt.mistake {
				t.Fatalf("got %v, want %s", problems, tt.mistake)
			}
			if got := p.Syncs["s"].Schedule.CatchUp; tt.mistake == "" && got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
