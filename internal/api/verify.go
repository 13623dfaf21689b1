package api

// Verify says what becomes of the differences that a verification finds.
type Verify struct {
	Repair bool `json:"repair,omitempty" doc:"Ingest files anew whose rows are not all in the table once, and finish what was left half done."`
	Remove bool `json:"remove,omitempty" doc:"With repair: delete rows that came from files without a record."`
}
