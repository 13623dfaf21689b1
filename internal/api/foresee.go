package api

import (
	"context"
	"net/http"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// PlanRequest says which files of a datasource to look at.
type PlanRequest struct {
	Files string
	Limit int
}

// What becomes of a file.
const (
	OutcomeAppended    = "appended"
	OutcomeQuarantined = "quarantined"
	OutcomeFails       = "fails"
)

// ChangeMisfits is the change of a column some of whose values don't fit.
const ChangeMisfits = "misfits"

// PlannedFile is what ingesting a file would do.
type PlannedFile struct {
	PreviewFile
	Ingested    bool   `json:"ingested" doc:"Whether this version of the file is in the table already."`
	Format      string `json:"format,omitempty"`
	Compression string `json:"compression,omitempty"`
	Outcome     string `json:"outcome" enum:"appended,quarantined,fails" doc:"Whether its rows would be appended, but for single ones; or all of them quarantined; or the file can't be read."`
	Reason      string `json:"reason,omitempty" doc:"Why it would not be appended."`
	// ColumnsAdded counts the changes that would add a column.
	ColumnsAdded int                `json:"columns_added" doc:"How many new fields would become columns."`
	Changes      []ColumnChange     `json:"changes" doc:"Columns of the table in their order, then new fields in the order of the file; what is as it was is left out."`
	RowsSampled  int64              `json:"rows_sampled" doc:"How many rows were looked at: those of the first chunk."`
	Quarantine   Quarantine         `json:"quarantine" doc:"How many of them would be quarantined, and why."`
	Samples      []QuarantineSample `json:"samples" doc:"The first rows that don't fit."`
}

// ColumnChange is what a file has for a column of the table, or a new field.
type ColumnChange struct {
	Change   string `json:"change" enum:"new,missing,retyped,misfits" doc:"A field without a column; a column without a field; a column none, or not all, of whose values fit."`
	Column   string `json:"column" doc:"Of a new field, the name that the column would get."`
	Type     string `json:"type" doc:"The column's; of a new field, that of the column it would become."`
	Path     string `json:"path" doc:"Where the value is in a row."`
	Evidence string `json:"evidence"`
	Likely   string `json:"likely,omitempty" doc:"Of a missing column, the new field that may be it under another name, and the other way round. A hint: nothing is decided by it."`
}

// QuarantineSample is a row that doesn't fit.
type QuarantineSample struct {
	Row    int64    `json:"row" doc:"From 1, a header not counted."`
	Raw    string   `json:"raw" doc:"The beginning of the row, as it stands in the file."`
	Errors []string `json:"errors"`
}

func (s *server) routesOfForesight() {
	handle(s, endpoint{
		method: http.MethodGet, path: "/datasources/{name}/plan", id: "plan-datasource", tag: "datasources", errors: []int{404, 422, 502}, within: slow,
		summary:  "Say what new files would change",
		describe: "For each file the columns that would be added, those that are missing or retyped, and the rows that would be quarantined. Nothing is written.",
	}, s.foresee)
}

type foreseeInput struct {
	Name  string `path:"name" maxLength:"100"`
	File  string `query:"file" maxLength:"2000" doc:"A key, or s3://bucket/path with patterns. Absent: the files that are not in yet."`
	Limit int    `query:"limit" minimum:"1" maximum:"50" default:"5" doc:"How many files are looked at, the newest first."`
}

type foreseeOutput struct {
	Body struct {
		Files []PlannedFile `json:"files" doc:"The newest first; empty where there is nothing new."`
	}
}

func (s *server) foresee(ctx context.Context, in *foreseeInput) (*foreseeOutput, error) {
	if s.Foresee == nil {
		return nil, fault.New(fault.Invalid, "this producer can't look into files")
	}
	_, _, id, err := s.subject(ctx, ledger.Ingest, in.Name)
	if err != nil {
		return nil, err
	}
	files, err := s.Foresee(ctx, id, in.Name, PlanRequest{Files: in.File, Limit: in.Limit})
	if err != nil {
		return nil, abroad(err)
	}
	out := &foreseeOutput{}
	out.Body.Files = make([]PlannedFile, len(files))
	for i, f := range files {
		f.Changes = append([]ColumnChange{}, f.Changes...)
		f.Samples = append([]QuarantineSample{}, f.Samples...)
		f.Quarantine.Reasons = append([]QuarantineReason{}, f.Quarantine.Reasons...)
		out.Body.Files[i] = f
	}
	return out, nil
}
