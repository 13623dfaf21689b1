package daemon

import (
	"context"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// foresee says what ingesting files of a datasource would do.
func (c *core) foresee(ctx context.Context, id ledger.ProjectID, datasource string, r api.PlanRequest) ([]api.PlannedFile, error) {
	found, err := c.ingest.Foresee(ctx, id, datasource, r.Files, r.Limit)
	if err != nil {
		return nil, err
	}
	out := make([]api.PlannedFile, len(found))
	for i, o := range found {
		out[i] = plannedFile(o)
	}
	return out, nil
}

func plannedFile(o ingest.Outlook) api.PlannedFile {
	f := api.PlannedFile{
		PreviewFile: api.PreviewFile{Key: o.File.Key, Bytes: o.File.Size, ModifiedAt: o.File.Modified},
		Ingested:    o.Ingested, Format: o.Format, Compression: o.Codec.String(), Outcome: api.OutcomeAppended, Reason: o.Refused,
		ColumnsAdded: o.Added, RowsSampled: o.Rows, Quarantine: api.Quarantine{Rows: o.Quarantined, Reasons: reasons(o.Reasons)},
	}
	switch {
	case o.Wrong != nil:
		f.Outcome, f.Reason = api.OutcomeFails, o.Wrong.Error()
	case o.Refused != "":
		f.Outcome = api.OutcomeQuarantined
	}
	for _, d := range o.Differences {
		f.Changes = append(f.Changes, change(d))
	}
	for _, r := range o.Samples {
		f.Samples = append(f.Samples, sampleOf(r))
	}
	return f
}

func change(d schema.Difference) api.ColumnChange {
	c := api.ColumnChange{Change: d.Change.String(), Column: d.Column, Type: d.Type.String(), Path: d.Path.String(), Evidence: d.Why, Likely: d.Likely}
	if d.Change == schema.Same {
		c.Change = api.ChangeMisfits
	}
	return c
}

// rawShown is how much of a row a sample shows, in bytes.
const rawShown = 1000

func sampleOf(r format.Reject) api.QuarantineSample {
	s := api.QuarantineSample{Row: r.Row, Raw: schema.Cut(string(r.Raw), rawShown)}
	for _, e := range r.Errors {
		s.Errors = append(s.Errors, e.Detail)
	}
	return s
}
