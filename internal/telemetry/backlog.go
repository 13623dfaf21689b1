package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
)

// BacklogConfig is what a Backlog reads.
type BacklogConfig struct {
	Ledger *ledger.Ledger
	// Project returns the definitions of a version.
	Project func(ctx context.Context, id ledger.ProjectID) (*def.Project, error)
	// Leads reports whether this producer leads. The others tell nothing, so that
	// a sum over producers counts each file once.
	Leads func() bool
	Log   *zap.Logger
}

// Backlog is the files that wait for the datasources of the definitions in force,
// as their last scans found them, read from the ledger when it is collected.
type Backlog struct {
	cfg                        BacklogConfig
	files, bytes, oldest, scan *prometheus.Desc
}

const (
	collectWithin = 10 * time.Second
	readsAtOnce   = 8
)

// NewBacklog returns a collector to be registered.
func NewBacklog(cfg BacklogConfig) *Backlog {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("longshore_datasource_"+name, help, []string{"datasource"}, nil)
	}
	return &Backlog{
		cfg:    cfg,
		files:  desc("backlog_files", "Files that wait to be ingested, as the last scan left them."),
		bytes:  desc("backlog_bytes", "Size of the files that wait to be ingested, as stored."),
		oldest: desc("backlog_oldest_seconds", "Age of the oldest file that waits to be ingested, by its time of modification; 0 when none waits."),
		scan:   desc("last_scan_timestamp_seconds", "When the bucket was last listed, in seconds since 1970."),
	}
}

// Describe implements prometheus.Collector.
func (b *Backlog) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{b.files, b.bytes, b.oldest, b.scan} {
		out <- d
	}
}

// Collect implements prometheus.Collector. What can't be read is left out.
func (b *Backlog) Collect(out chan<- prometheus.Metric) {
	if !b.cfg.Leads() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), collectWithin)
	defer cancel()
	if err := b.collect(ctx, out); err != nil {
		b.cfg.Log.Warn("backlog not collected", zap.Error(err))
	}
}

func (b *Backlog) collect(ctx context.Context, out chan<- prometheus.Metric) error {
	id, err := b.cfg.Ledger.CurrentProjectID(ctx)
	if err != nil || id == "" {
		return err
	}
	project, err := b.cfg.Project(ctx, id)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for name, d := range project.Datasources {
		if d.Import == nil {
			continue
		}
		group.Go(func() error {
			rec, err := b.cfg.Ledger.Subject(ctx, ledger.Subject{Kind: ledger.Ingest, Name: name})
			if err == nil {
				b.tell(out, name, rec)
			}
			return err
		})
	}
	return group.Wait()
}

// tell sends the metrics of a datasource that was scanned before.
func (b *Backlog) tell(out chan<- prometheus.Metric, name string, rec ledger.SubjectRecord) {
	if rec.LastScanAt.IsZero() {
		return
	}
	age := 0.0
	if !rec.Backlog.Oldest.IsZero() {
		age = max(0, b.cfg.Ledger.Now().Sub(rec.Backlog.Oldest).Seconds())
	}
	for desc, value := range map[*prometheus.Desc]float64{
		b.files: float64(rec.Backlog.Files), b.bytes: float64(rec.Backlog.Bytes), b.oldest: age,
		b.scan: float64(rec.LastScanAt.UnixMilli()) / 1000,
	} {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, name)
	}
}
