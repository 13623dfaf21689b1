package report

import "fmt"

// Groups are the groups of jobs, in the order in which they run and are shown.
var Groups = []string{"export", "ingest", "ingest18", "diff", "scale", "overhead"}

// Names of contenders.
const (
	Longshore     = "Longshore"
	PSQL          = "psql | upload"
	PSQLGzip      = "psql | gzip -1 | upload"
	ClickHouse    = "ClickHouse 26"
	Client18      = "clickhouse-client 18.16"
	BigFile       = "Longshore, one big file"
	FullOuterJoin = "FULL OUTER JOIN → CSV"
	OneWorker     = "one worker of one core"
	Asynq         = "asynq's empty task"
	Limit         = "limit"
)

// Target is a promise about a ratio or a figure.
type Target struct {
	Group, Job, Peer string
	Of               string // what is compared
	Most             float64
	AtLeast          float64 // instead of Most
	figure           func(Measure) float64
	unit             string // of an absolute figure; "" is a ratio to Peer
}

func seconds(m Measure) float64       { return m.Seconds }
func size(m Measure) float64          { return float64(m.Size) }
func clickhouseCPU(m Measure) float64 { return m.CPU["ClickHouse"] }
func workerPeak(m Measure) float64    { return float64(m.Peak["worker"]) / (1 << 20) }
func rowsPerSecond(m Measure) float64 { return float64(m.Rows) / m.Seconds }
func further(name string) func(Measure) float64 {
	return func(m Measure) float64 { return m.Further[name] }
}

// Targets are what Longshore is to reach.
var Targets = targets()

func targets() (all []Target) {
	all = append(all,
		Target{Group: "export", Job: "PostgreSQL → CSV", Peer: PSQL, Of: "time", Most: 1.00, figure: seconds},
		Target{Group: "export", Job: "PostgreSQL → CSV.gz", Peer: PSQLGzip, Of: "time", Most: 0.85, figure: seconds},
		Target{Group: "export", Job: "PostgreSQL → CSV.gz", Peer: PSQLGzip, Of: "size", Most: 1.05, figure: size},
		Target{Group: "export", Job: "PostgreSQL → Parquet", Peer: ClickHouse, Of: "time", Most: 0.60, figure: seconds},
		Target{Group: "export", Job: "PostgreSQL → Parquet", Peer: ClickHouse, Of: "size", Most: 1.10, figure: size},
		Target{Group: "export", Job: "PostgreSQL → NDJSON", Peer: ClickHouse, Of: "time", Most: 0.60, figure: seconds},
	)
	for _, of := range []struct {
		format string
		most   float64
	}{{"CSV", 1.10}, {"NDJSON", 1.00}, {"NDJSON.gz", 1.00}, {"Parquet", 1.30}} {
		job := of.format + " → MergeTree"
		all = append(all,
			Target{Group: "ingest", Job: job, Peer: ClickHouse, Of: "time", Most: of.most, figure: seconds},
			Target{Group: "ingest", Job: job, Peer: ClickHouse, Of: "ClickHouse's CPU", Most: 0.55, figure: clickhouseCPU})
	}
	for _, format := range []string{"CSV", "NDJSON", "NDJSON.gz"} {
		all = append(all, Target{Group: "ingest18", Job: format + " → MergeTree 18.16", Peer: Client18, Of: "time", Most: 0.75, figure: seconds})
	}
	all = append(all,
		Target{Group: "ingest", Job: "200 small files", Peer: BigFile, Of: "rows/s", AtLeast: 0.90, figure: rowsPerSecond},
		Target{Group: "diff", Job: "Diff, 1 % changed", Peer: FullOuterJoin, Of: "time", Most: 1.0, figure: seconds},
	)
	for _, name := range ScaleStages {
		all = append(all, Target{Group: "scale", Job: "Two workers: " + name, Peer: OneWorker, Of: "rows/s", AtLeast: 1.8, figure: rowsPerSecond})
	}
	for _, format := range []string{"CSV", "CSV.gz", "Parquet", "NDJSON"} {
		all = append(all, Target{Group: "export", Job: "PostgreSQL → " + format, Of: "worker's memory", Most: 256, figure: workerPeak, unit: "MiB"})
	}
	for _, format := range []string{"CSV", "NDJSON", "NDJSON.gz", "Parquet"} {
		all = append(all, Target{Group: "ingest", Job: format + " → MergeTree", Of: "worker's memory", Most: 400, figure: workerPeak, unit: "MiB"})
	}
	return append(all, Target{Group: "overhead", Job: "An empty part", Peer: Asynq, Of: "median time", Most: 3, figure: further("median")})
}

// ScaleStages are the stages whose growth with workers is measured.
var ScaleStages = []string{"write csv", "write ndjson", "write parquet", "read csv", "read ndjson", "read parquet"}

// Verdict is a target with what was measured.
type Verdict struct {
	Target
	Got float64
	OK  bool
}

// Judge holds a group's results against its targets. Targets of what wasn't measured are left out.
func Judge(r Results) (all []Verdict) {
	for _, t := range Targets {
		if t.Group != r.Group {
			continue
		}
		ours, ok := r.Find(t.Job, Longshore)
		if !ok {
			continue
		}
		got := ours.Median(t.figure)
		if t.unit == "" {
			peer, ok := r.Find(t.Job, t.Peer)
			if !ok {
				continue
			}
			got /= peer.Median(t.figure)
		}
		all = append(all, Verdict{t, got, t.holds(got)})
	}
	return all
}

func (t Target) holds(got float64) bool {
	if t.AtLeast > 0 {
		return got >= t.AtLeast
	}
	return got <= t.Most
}

// Want is the target as text.
func (t Target) Want() string {
	if t.AtLeast > 0 {
		return fmt.Sprintf("≥ %.2f", t.AtLeast)
	}
	if t.unit != "" {
		return fmt.Sprintf("≤ %.0f %s", t.Most, t.unit)
	}
	return fmt.Sprintf("≤ %.2f", t.Most)
}

// GotText is what was measured.
func (v Verdict) GotText() string {
	if v.unit != "" {
		return fmt.Sprintf("%.0f %s", v.Got, v.unit)
	}
	return fmt.Sprintf("%.2f", v.Got)
}
