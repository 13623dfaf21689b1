package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
)

const pageViewsURL = "/api/v1/datasources/page_views"

// A run that does something else is not passed off as what was asked for.
func TestReplaysAndVerificationsAreRunsOfTheirOwnKind(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	var first, second, again api.StartResult
	if status := call(t, s, "POST", pageViewsURL+"/quarantine/replay", api.ReplayRequest{Replay: api.Replay{Fingerprint: "f1"}}, &first); status != http.StatusCreated || first.Run.Trigger.Purpose != "replay, fingerprint f1" || first.Run.Trigger.Replay.Fingerprint != "f1" {
		t.Errorf("replay: got %d, %+v", status, first)
	}
	if status := call(t, s, "POST", pageViewsURL+"/verify", api.VerifyRequest{By: "manual", Verify: api.Verify{Repair: true}}, &second); status != http.StatusCreated || second.Run.Trigger.Purpose != "repair" || !second.Run.Trigger.Verify.Repair {
		t.Errorf("verify: got %d, %+v", status, second)
	}
	if status := call(t, s, "POST", pageViewsURL+"/verify", api.VerifyRequest{Verify: api.Verify{Repair: true}}, &again); status != http.StatusOK || again.Run.ID != second.Run.ID || !strings.Contains(again.Note, "(repair)") {
		t.Errorf("the same again: got %d, %+v", status, again)
	}
	for path, want := range map[string]string{
		"/runs": "a plain run", "/quarantine/replay": "a replay", "/verify": "a verification",
	} {
		var p api.Problem
		if status := call(t, s, "POST", pageViewsURL+path, struct{}{}, &p); status != http.StatusConflict || !strings.Contains(p.Detail, "is queued, a repair") || !strings.Contains(p.Detail, want) {
			t.Errorf("%s behind a repair: got %d, %s", path, status, p.Detail)
		}
	}
	var p api.Problem
	if status := call(t, s, "POST", pageViewsURL+"/verify", api.VerifyRequest{Verify: api.Verify{Remove: true}}, &p); status != http.StatusUnprocessableEntity {
		t.Errorf("remove alone: got %d, %s", status, p.Detail)
	}
	if status := call(t, s, "POST", "/api/v1/datasources/page_vews/quarantine/replay", nil, &p); status != http.StatusNotFound || !strings.Contains(p.Detail, "page_views") {
		t.Errorf("a typo: got %d, %s", status, p.Detail)
	}
}

// full is a quarantine of many rows.
type full struct{ asked clickhouse.QuarantineFilter }

func (f *full) QuarantineGroups(context.Context, ledger.ProjectID, string) ([]clickhouse.QuarantineGroup, error) {
	return []clickhouse.QuarantineGroup{{Fingerprint: "f", Rows: 3, Files: 1, Columns: []string{"", "id"}, Reasons: []string{"row too long"}, Example: row(1)}}, nil
}

func (f *full) QuarantineRows(_ context.Context, _ ledger.ProjectID, _ string, filter clickhouse.QuarantineFilter) (rows []clickhouse.QuarantineRow, err error) {
	f.asked = filter
	for i := filter.After.Row + 1; i <= 3 && len(rows) < filter.Limit; i++ {
		rows = append(rows, row(i))
	}
	return rows, nil
}

func row(n int64) clickhouse.QuarantineRow {
	return clickhouse.QuarantineRow{
		QuarantinedID: clickhouse.QuarantinedID{Key: "a ü.csv", ETag: "e", Row: n}, Line: n + 1, Offset: -1, RowGroup: -1, Raw: []byte("\xff,1"), At: time.Unix(0, 0).UTC(),
	}
}

func TestQuarantinedRowsComeInPages(t *testing.T) {
	q := &full{}
	s := apitest.Start(t, func(cfg *api.Config) { cfg.Quarantine = q })
	s.Save(t, apitest.Shop(t))
	var page struct {
		Rows []api.QuarantinedRow
		Next string
	}
	var got []int64
	for path := pageViewsURL + "/quarantine/rows?limit=2&file=a&fingerprint=f"; path != ""; {
		page.Rows, page.Next = nil, ""
		if status := call(t, s, "GET", path, nil, &page); status != http.StatusOK {
			t.Fatalf("got %d, %+v", status, page)
		}
		for _, r := range page.Rows {
			got = append(got, r.Row)
			if r.Raw != "\uFFFD,1" || r.RawBase64 != "/ywx" || *r.Line != r.Row+1 || r.Offset != nil || r.RowGroup != nil {
				t.Errorf("got %+v", r)
			}
		}
		if path = ""; page.Next != "" {
			path = pageViewsURL + "/quarantine/rows?limit=2&after=" + page.Next
		}
	}
	if len(got) != 3 || got[2] != 3 || q.asked.After.Key != "a ü.csv" {
		t.Errorf("got rows %v, asked last for %+v", got, q.asked)
	}
	var list struct{ Groups []api.QuarantineGroup }
	if status := call(t, s, "GET", pageViewsURL+"/quarantine", nil, &list); status != http.StatusOK || len(list.Groups) != 1 || len(list.Groups[0].Errors) != 2 || list.Groups[0].Errors[0].Reason != "row too long" {
		t.Errorf("got %d, %+v", status, list)
	}
	if status, _ := raw(t, s, "GET", pageViewsURL+"/quarantine/rows?after=nonsense", nil); status != http.StatusUnprocessableEntity {
		t.Errorf("a cursor of nonsense: got %d", status)
	}
}
