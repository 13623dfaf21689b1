package def

import "time"

// ScheduleKind says what starts a run.
type ScheduleKind string

// The kinds of schedules. Auto and OnDemand belong to datasources; Manual,
// Interval and After to syncs; Cron to both.
const (
	Manual   ScheduleKind = "manual"
	Interval ScheduleKind = "interval"
	Cron     ScheduleKind = "cron"
	After    ScheduleKind = "after"
	Auto     ScheduleKind = "auto"
	OnDemand ScheduleKind = "on-demand"
)

// Schedule says when runs start.
type Schedule struct {
	Kind  ScheduleKind  `json:"kind"`
	Every time.Duration `json:"every,omitempty"` // Interval: at least a second
	Cron  string        `json:"cron,omitempty"`  // five fields or a descriptor such as @daily
	Zone  string        `json:"zone,omitempty"`  // Cron: IANA name, never empty
	After Upstream      `json:"after,omitzero"`

	afterAt   Position
	afterKind bool // the file says whether it is a sync or a datasource
}

// Upstream is the sync or datasource whose finished run starts another one.
// Exactly one name is set.
type Upstream struct {
	Sync       string `json:"sync,omitempty"`
	Datasource string `json:"datasource,omitempty"`
}
