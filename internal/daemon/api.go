package daemon

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/internal/telemetry"
	formats "github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/schema"
	"github.com/longshore/longshore/pkg/source"
)

// api builds the producer's HTTP handler.
func (l *leader) api(cfg ProducerConfig) (http.Handler, error) {
	c := l.core
	metrics := telemetry.Metrics(telemetry.NewBacklog(telemetry.BacklogConfig{Ledger: c.ledger, Project: c.doors.Project, Leads: l.leads, Log: c.log}))
	return api.New(api.Config{
		Ledger: c.ledger, Queue: c.queue, Log: c.log, Version: telemetry.Version,
		Token: def.NewSecret(cfg.Token), AllowAnonymous: loopback(cfg.Listen),
		Project: c.doors.Project, Started: l.wake, Supported: supported,
		Test: c.test, Preview: c.preview, Foresee: c.foresee, Quarantine: c.ingest, Metrics: metrics,
		EventToken: c.doors.EventToken, Hint: c.ingest.Hint,
		PlanBackfill: c.planBackfill,
	})
}

// loopback reports whether an address to listen on can't be reached from
// another machine.
func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// test tries a connection: it logs in, and for a bucket it lists.
func (c *core) test(ctx context.Context, conn *def.Connection) ([]api.Check, error) {
	if conn.Type == def.S3 {
		bucket, err := c.doors.Bucket(ctx, conn, "")
		if err != nil {
			return nil, err
		}
		for _, err := range bucket.List(ctx, "", "") {
			if err != nil {
				return nil, err
			}
			break
		}
		return []api.Check{{Name: "list s3://" + bucket.Name(), OK: true}}, nil
	}
	db, err := c.doors.Source(ctx, conn)
	if err != nil {
		return nil, err
	}
	if _, err := db.Describe(ctx, source.Query{Name: "test", SQL: "SELECT 1 AS one"}); err != nil {
		return nil, err
	}
	return []api.Check{{Name: "log in", OK: true}, {Name: "describe a query", OK: true}}, nil
}

func (c *core) preview(ctx context.Context, conn *def.Connection, r api.PreviewRequest) (api.Preview, error) {
	pattern, err := plan.ParsePattern(r.URI)
	if err != nil {
		return api.Preview{}, err
	}
	bucket, err := c.doors.Bucket(ctx, conn, pattern.Bucket)
	if err != nil {
		return api.Preview{}, err
	}
	found, err := ingest.Look(ctx, ingestBucket{bucket}, formats.Reader, pattern, ingest.PreviewOptions{
		Format: def.Format(r.Format), Rows: r.Rows, SampleFiles: r.Sample,
		Revision: ingest.Revision{Rename: r.Rename, Types: r.Types, Drop: r.Drop},
	})
	if err != nil {
		return api.Preview{}, err
	}
	out := shown(found)
	out.Datasource = found.Definition(conn.Name, r.URI)
	return out, nil
}

// planWithin is how long the files of a backfill are listed to tell what it would
// do; what was found by then is told.
const planWithin = 90 * time.Second

func (c *core) planBackfill(ctx context.Context, id ledger.ProjectID, rec ledger.BackfillRecord) (api.BackfillPlan, error) {
	look, err := c.backfill.Look(ctx, id, rec, planWithin)
	if err != nil {
		return api.BackfillPlan{}, err
	}
	out := api.BackfillPlan{
		Found: api.BackfillFound(look.Found), Parts: look.Parts, Inserts: look.Inserts, RateOf: string(look.RestsOn), Runs: look.Runs,
	}
	if look.Sample.Files > 0 {
		sample := api.BackfillSample(look.Sample)
		out.Sample = &sample
		if out.Slots, err = c.queue.Slots(task.QueueBackfill); err != nil {
			c.log.Warn("slots not counted", zap.Error(err)) // the estimate is for one
		}
	}
	e, known := look.Estimate(out.Slots)
	if !known {
		return out, nil
	}
	low, likely, high := e.Low.Seconds(), e.Likely.Seconds(), e.High.Seconds()
	out.Rows, out.Quarantined = &e.Rows, &e.Quarantined
	out.SecondsLow, out.Seconds, out.SecondsHigh = &low, &likely, &high
	if likely > 0 {
		out.BytesPerSecond = float64(look.Found.Bytes) / likely
	}
	return out, nil
}

// shown gives a preview the API's shape.
func shown(p *ingest.Preview) api.Preview {
	out := api.Preview{
		Count: p.FileCount, Bytes: p.ByteCount, ReferenceFile: p.Reference.Key, Format: p.Format, Compression: p.Codec.String(),
		Sampled: p.SampledFiles, RowsSampled: p.Sampled, Quarantine: api.Quarantine{Rows: int64(len(p.Rejects)), Reasons: reasons(ingest.Reasons(p.Rejects))},
	}
	for _, f := range p.Files {
		out.Files = append(out.Files, api.PreviewFile{Key: f.Key, Bytes: f.Size, ModifiedAt: f.Modified})
	}
	for _, f := range p.Inference.Fields {
		col := api.PreviewColumn{Name: f.Name, Type: f.Type.String(), Evidence: f.Why}
		if len(f.Path) > 0 {
			col.Path = f.Path.String()
		}
		for _, x := range f.Conflicts {
			col.Conflicts = append(col.Conflicts, conflict(x))
		}
		out.Columns = append(out.Columns, col)
	}
	for _, row := range p.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = "NULL"
			if v != nil {
				cells[i] = *v
			}
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

// conflict says which values speak against a column's type.
func conflict(x schema.Conflict) string {
	where := fmt.Sprintf("first in row %d", x.Row)
	if x.Row == 0 {
		where = "in another file"
	}
	if x.Rows == 1 {
		return fmt.Sprintf("1 value looks like %s, %s: %s", x.Type, where, x.Example)
	}
	return fmt.Sprintf("%d values look like %s, %s: %s", x.Rows, x.Type, where, x.Example)
}

// reasons gives the reasons of rejected rows the API's shape.
func reasons(all []ingest.Reason) (out []api.QuarantineReason) {
	for _, r := range all {
		out = append(out, api.QuarantineReason{Column: r.Column, Reason: r.Code, Rows: r.Rows})
	}
	return out
}
