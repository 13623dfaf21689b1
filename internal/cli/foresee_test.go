package cli_test

import (
	"context"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/ledger"
)

// What the producer foresees is tried in package daemon; here it is how it's shown.
func TestGoldenPlanOfADatasource(t *testing.T) {
	files := []api.PlannedFile{
		{PreviewFile: api.PreviewFile{Key: "web/new.ndjson", Bytes: 2048}, Outcome: api.OutcomeAppended, ColumnsAdded: 1, RowsSampled: 1200,
			Changes:    []api.ColumnChange{{Change: "new", Column: "user_zip", Type: "Nullable(String)", Path: "$.user.zip", Evidence: "3 of 9 values begin with a zero that a number would lose"}},
			Quarantine: api.Quarantine{Rows: 1, Reasons: []api.QuarantineReason{{Column: "views", Reason: "not a number", Rows: 1}}},
			Samples:    []api.QuarantineSample{{Row: 7, Raw: "{\"views\":\"many\"}\n", Errors: []string{"views: not a number"}}}},
		{PreviewFile: api.PreviewFile{Key: "web/old.csv", Bytes: 10}, Ingested: true, Outcome: api.OutcomeQuarantined, Reason: "column url was dropped or renamed", RowsSampled: 1,
			Changes: []api.ColumnChange{{Change: "missing", Column: "url", Type: "String", Path: "$.url", Evidence: "the file has no such field", Likely: "uri"}}},
		{PreviewFile: api.PreviewFile{Key: "web/cut.parquet", Bytes: 10}, Outcome: api.OutcomeFails, Reason: "a file of 10 bytes is no Parquet"},
	}
	s := apitest.Start(t, func(cfg *api.Config) {
		cfg.Foresee = func(_ context.Context, _ ledger.ProjectID, datasource string, r api.PlanRequest) ([]api.PlannedFile, error) {
			if datasource != "page_views" || r.Limit != 3 || r.Files != "" && r.Files != "web/cut parquet" {
				t.Errorf("asked about %s, %+v", datasource, r)
			}
			if r.Files != "" {
				return nil, nil
			}
			return files, nil
		}
	})
	if r := remote(t, s, "push", newProject(t)); r.code != 0 {
		t.Fatalf("push: %+v", r)
	}
	_, err := s.Ledger.AddColumns(t.Context(), "page_views", func([]ledger.AddedColumn) []ledger.AddedColumn {
		return []ledger.AddedColumn{{Name: "zip", Type: "Nullable(String)", Path: "$.zip", File: "web/2024/05/01.ndjson", Run: "R", At: s.Ledger.Now()}}
	})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "datasource-plan", remote(t, s, "datasource", "plan", "page_views", "--limit", "3"))
	golden(t, "datasource-plan-nothing", remote(t, s, "datasource", "plan", "page_views", "web/cut parquet", "--limit", "3"))
	golden(t, "datasource-plan-limit", remote(t, s, "datasource", "plan", "page_views", "--limit", "0"))
	golden(t, "datasource-show-added", remote(t, s, "datasource", "show", "page_views"))
	golden(t, "help-datasource-plan", local(t, "datasource", "plan", "--help"))
}
