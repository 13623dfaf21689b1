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

// CatchUp says what becomes of times on a schedule that passed while no producer
// dealt with them.
type CatchUp string

// The policies.
const (
	CatchUpLatest CatchUp = ""     // one run for all of them; files say latest
	CatchUpSkip   CatchUp = "skip" // none: the next run is at the next time
)

// Schedule says when runs start.
type Schedule struct {
	Kind  ScheduleKind  `json:"kind"`
	Every time.Duration `json:"every,omitempty"` // Interval: at least a second
	Cron  string        `json:"cron,omitempty"`  // five fields or a descriptor such as @daily
	Zone  string        `json:"zone,omitempty"`  // Cron: IANA name, never empty
	After Upstream      `json:"after,omitzero"`
	// CatchUp is of use with Interval and Cron.
	CatchUp CatchUp `json:"catch_up,omitempty"`

	afterAt   Position
	afterKind bool // the file says whether it is a sync or a datasource
}

// Upstream is the sync or datasource whose finished run starts another one.
// Exactly one name is set.
type Upstream struct {
	Sync       string `json:"sync,omitempty"`
	Datasource string `json:"datasource,omitempty"`
}

// String returns "sync orders" or "datasource events".
func (u Upstream) String() string {
	if u.Datasource != "" {
		return "datasource " + u.Datasource
	}
	return "sync " + u.Sync
}
