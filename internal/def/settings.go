package def

// DefaultParallelism is the number of parts a run is cut into when neither the
// sync nor the project says otherwise.
const DefaultParallelism = 4

// Settings are the contents of longshore.yaml. The file may be absent.
type Settings struct {
	Name        string              `json:"name"`        // of the project; empty when not given
	Timezone    string              `json:"timezone"`    // IANA name for cron schedules; "UTC" by default
	ClickHouse  string              `json:"clickhouse"`  // connection of datasources that name none; may be empty
	Parallelism int                 `json:"parallelism"` // of syncs that give none; at least 1
	Channels    map[string]*Channel `json:"channels"`    // by name
	Alerts      []Alert             `json:"alerts"`      // of all datasources, and of syncs that give none
	Pos         Position            `json:"-"`

	clickhouseAt Position
}
