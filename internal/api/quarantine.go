package api

import (
	"context"
	"net/http"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// QuarantineReader reads quarantines. Package ingest's Ingest is one.
type QuarantineReader interface {
	QuarantineGroups(ctx context.Context, id ledger.ProjectID, datasource string) ([]clickhouse.QuarantineGroup, error)
	QuarantineRows(ctx context.Context, id ledger.ProjectID, datasource string, f clickhouse.QuarantineFilter) ([]clickhouse.QuarantineRow, error)
}

func (s *server) routesOfQuarantine() {
	handle(s, endpoint{
		method: http.MethodGet, path: "/datasources/{name}/quarantine", id: "list-quarantine", tag: "datasources", errors: []int{404, 422, 502}, within: slow,
		summary: "List the reasons for which rows of a datasource are in its quarantine", describe: "Rows that are in the table by now don't count.",
	}, s.listQuarantine)
	handle(s, endpoint{
		method: http.MethodGet, path: "/datasources/{name}/quarantine/rows", id: "list-quarantined-rows", tag: "datasources", errors: []int{404, 422, 502}, within: slow,
		summary: "List rows of a datasource that are in its quarantine", describe: "By file and row. The text of a row is as it stands in the file, cut at 64 KiB.",
	}, s.listQuarantinedRows)
	handle(s, endpoint{
		method: http.MethodPost, path: "/datasources/{name}/quarantine/replay", id: "replay-quarantine", tag: "datasources", errors: []int{404, 409, 422}, status: http.StatusCreated,
		summary:  "Try quarantined rows again, by the schema of now",
		describe: "It is a run of the datasource: 201 with a new one, 200 with one that does the same and is queued already, or that this Idempotency-Key started before. Rows that fit come into the table, once.",
	}, s.replayQuarantine)
}

// reader returns what reads quarantines.
func (s *server) reader() (QuarantineReader, error) {
	if s.Quarantine == nil {
		return nil, fault.New(fault.Invalid, "this producer reads no quarantines")
	}
	return s.Quarantine, nil
}

type listQuarantineOutput struct {
	Body struct {
		Groups []QuarantineGroup `json:"groups" doc:"The largest first."`
	}
}

func (s *server) listQuarantine(ctx context.Context, in *nameInput) (*listQuarantineOutput, error) {
	_, _, id, err := s.subject(ctx, ledger.Ingest, in.Name)
	if err != nil {
		return nil, err
	}
	q, err := s.reader()
	if err != nil {
		return nil, err
	}
	found, err := q.QuarantineGroups(ctx, id, in.Name)
	out := &listQuarantineOutput{}
	out.Body.Groups = make([]QuarantineGroup, len(found))
	for i, g := range found {
		out.Body.Groups[i] = viewGroup(g)
	}
	return out, abroad(err)
}

type listQuarantinedRowsInput struct {
	Name        string `path:"name" maxLength:"100"`
	Fingerprint string `query:"fingerprint" maxLength:"64" doc:"Only rows that failed for this reason."`
	File        string `query:"file" maxLength:"1024" doc:"Only rows of the object with this key."`
	Limit       int    `query:"limit" minimum:"1" maximum:"1000" default:"20"`
	After       string `query:"after" maxLength:"4096" doc:"Only rows behind this one: what the page before gave as next."`
}

type listQuarantinedRowsOutput struct {
	Body struct {
		Rows []QuarantinedRow `json:"rows" doc:"By file and row."`
		Next string           `json:"next,omitempty" doc:"What to give as after for the next page; absent on the last."`
	}
}

func (s *server) listQuarantinedRows(ctx context.Context, in *listQuarantinedRowsInput) (*listQuarantinedRowsOutput, error) {
	_, _, id, err := s.subject(ctx, ledger.Ingest, in.Name)
	if err != nil {
		return nil, err
	}
	q, err := s.reader()
	if err != nil {
		return nil, err
	}
	after, err := parseCursor(in.After)
	if err != nil {
		return nil, err
	}
	rows, err := q.QuarantineRows(ctx, id, in.Name, clickhouse.QuarantineFilter{Fingerprint: in.Fingerprint, Key: in.File, After: after, Limit: in.Limit + 1})
	if err != nil {
		return nil, abroad(err)
	}
	out := &listQuarantinedRowsOutput{}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		out.Body.Next = cursor(rows[in.Limit-1].QuarantinedID)
	}
	out.Body.Rows = make([]QuarantinedRow, len(rows))
	for i, r := range rows {
		out.Body.Rows[i] = viewQuarantined(r)
	}
	return out, nil
}

type replayInput struct {
	Name string `path:"name" maxLength:"100"`
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"Any text of the caller's. The same key of the same datasource names the same run for ever."`
	Body *ReplayRequest
}

// ReplayRequest says which rows are tried again.
type ReplayRequest struct {
	By string `json:"by,omitempty" enum:"manual,api" default:"api" doc:"Whether a person asked."`
	Replay
}

// Replay chooses quarantined rows; all where nothing is given.
type Replay struct {
	Fingerprint string `json:"fingerprint,omitempty" maxLength:"64" doc:"Only rows that failed for this reason."`
	File        string `json:"file,omitempty" maxLength:"1024" doc:"Only rows of the object with this key."`
}

func (s *server) replayQuarantine(ctx context.Context, in *replayInput) (*startOutput, error) {
	subject, p, project, err := s.subject(ctx, ledger.Ingest, in.Name)
	if err != nil {
		return nil, err
	}
	by := ledger.Trigger{By: "api", Replay: &ledger.Replay{}}
	if r := in.Body; r != nil {
		by.Replay = &ledger.Replay{Fingerprint: r.Fingerprint, Key: r.File}
		if r.By != "" {
			by.By = r.By
		}
	}
	return s.trigger(ctx, subject, p, project, by, in.Key)
}
