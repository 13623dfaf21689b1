package api

import (
	"context"
	"net/http"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// Verify says what becomes of the differences that a verification finds.
type Verify struct {
	Repair bool `json:"repair,omitempty" doc:"Ingest files anew whose rows are not all in the table once, and finish what was left half done."`
	Remove bool `json:"remove,omitempty" doc:"With repair: delete rows that came from files without a record."`
}

// VerifyRequest asks for a verification.
type VerifyRequest struct {
	By string `json:"by,omitempty" enum:"manual,api" default:"api" doc:"Whether a person asked."`
	Verify
}

// Verification is what a verification found.
type Verification struct {
	Clean       bool      `json:"clean" doc:"Whether table and quarantine are what the file ledger says; after a repair, whether they are now."`
	Files       int64     `json:"files" doc:"That are ingested, by the ledger."`
	Proved      int64     `json:"proved" doc:"Of these, those that have exactly their rows in the table, counted by file."`
	Rows        int64     `json:"rows" doc:"In the table."`
	Quarantined int64     `json:"quarantined" doc:"Rows of the quarantine."`
	Replayed    int64     `json:"replayed" doc:"Of these, those that are in the table by now."`
	Findings    []Finding `json:"findings" doc:"What is wrong, by kind; after a repair, what is left."`
	Repaired    []Finding `json:"repaired,omitempty" doc:"What the repair mended."`
	Notes       []string  `json:"notes,omitempty" doc:"What could not be proved or repaired, and why."`
}

// Finding is a kind of difference between the file ledger and the table.
type Finding struct {
	Kind     string        `json:"kind" enum:"missing rows,surplus rows,quarantine differs,unfinished files,unfinished replacement,unrecorded rows,unfinished replay"`
	Files    int64         `json:"files" doc:"0 where the rows know no file."`
	Rows     int64         `json:"rows" doc:"That are missing, too many, or of that kind."`
	Examples []FileFinding `json:"examples,omitempty" doc:"The first 100 of the files."`
}

// FileFinding is a file of a Finding.
type FileFinding struct {
	Key      string `json:"key,omitempty"`
	ETag     string `json:"etag,omitempty" doc:"As the ledger has it."`
	ID       uint64 `json:"id,omitempty" doc:"What the rows have in _longshore_file, where no record says whose it is."`
	Expected int64  `json:"expected" doc:"Rows."`
	Found    int64  `json:"found" doc:"Rows."`
}

type verifyInput struct {
	Name string `path:"name" maxLength:"100"`
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"Any text of the caller's. The same key of the same datasource names the same run for ever."`
	Body *VerifyRequest
}

func (s *server) routesOfVerification() {
	handle(s, endpoint{
		method: http.MethodPost, path: "/datasources/{name}/verify", id: "verify-datasource", tag: "datasources", errors: []int{404, 409, 422}, status: http.StatusCreated,
		summary: "Compare a datasource's table with its file ledger, file by file",
		describe: "It is a run of the datasource, so that no other changes the table meanwhile and large tables take the time they need. " +
			"The run is done whatever it finds: its verification says that.",
	}, s.verify)
}

func (s *server) verify(ctx context.Context, in *verifyInput) (*startOutput, error) {
	subject, p, project, err := s.subject(ctx, ledger.Ingest, in.Name)
	if err != nil {
		return nil, err
	}
	by := ledger.Trigger{By: "api", Verify: &ledger.Verify{}}
	if r := in.Body; r != nil {
		by.Verify = &ledger.Verify{Repair: r.Repair, Remove: r.Remove}
		if r.By != "" {
			by.By = r.By
		}
	}
	if by.Verify.Remove && !by.Verify.Repair {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "remove goes with repair"), "ask for both")
	}
	return s.trigger(ctx, subject, p, project, by, in.Key)
}

// verification reads what a run that verified found; nil where it didn't, or
// isn't done.
func (s *server) verification(ctx context.Context, r ledger.Run) (*Verification, error) {
	if r.Trigger.Verify == nil || r.State != ledger.Done {
		return nil, nil
	}
	v := &Verification{}
	return v, s.Ledger.Manifest(ctx, r.ID, v)
}
