package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
)

func (a *app) verifyCommand() *cobra.Command {
	var wait bool
	var key string
	request := api.VerifyRequest{By: "manual"}
	c := &cobra.Command{
		Use: "verify DATASOURCE", Short: "Prove that a table has each row of its files once", Args: cobra.ExactArgs(1), ValidArgsFunction: a.complete(namesOfDatasources),
		Long: `Compare a datasource's table and quarantine with its file ledger, file by file:
rows that are missing, too many, or of no file that is recorded, files and
replays that were left half done, rows of versions that others replaced.

It is a run of the datasource: its other runs wait, and a large table takes the
time it needs. With --wait the verdict is printed, and the exit code is 1 unless
all is as it is to be.

With --repair, files whose rows are not all there once are ingested anew, the old
rows being removed when the new ones are in, and what is half done is finished.
Rows that came from no recorded file are only removed with --remove-unrecorded.`,
		Example: `  longshore verify page_views --wait
  longshore verify page_views --repair --wait
  longshore verify page_views --wait --output json | jq .verification.findings`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if request.Remove && !request.Repair {
				return fail(Invalid, "--remove-unrecorded goes with --repair")
			}
			c, err := a.api()
			if err != nil {
				return err
			}
			var started api.StartResult
			if err := c.do(cmd.Context(), "POST", "/datasources/"+escape(args[0])+"/verify", request, &started, idempotent(key)); err != nil {
				return err
			}
			return a.begun(cmd.Context(), c, started, wait)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&request.Repair, "repair", false, "ingest anew what is not there once, and finish what is half done")
	flags.BoolVar(&request.Remove, "remove-unrecorded", false, "with --repair: delete rows that came from files without a record")
	flags.BoolVarP(&wait, "wait", "w", false, "show progress until the run ends, and the verdict")
	flags.StringVar(&key, "key", "", "idempotency key: the same key names the same run for ever")
	return c
}

// examplesShown is how many files of a finding a table names.
const examplesShown = 10

func printVerification(w io.Writer, v *api.Verification) {
	verdict := "clean"
	if !v.Clean {
		verdict = "not clean"
	}
	fmt.Fprintf(w, "%s: %s of %s proved, %s in the table, %s in quarantine of which %s replayed\n", verdict, count(v.Proved),
		plural(int(v.Files), "file"), plural(int(v.Rows), "row"), count(v.Quarantined), count(v.Replayed))
	for _, f := range v.Repaired {
		printFinding(w, "repaired: ", f)
	}
	for _, f := range v.Findings {
		printFinding(w, "", f)
	}
	for _, note := range v.Notes {
		fmt.Fprintf(w, "note: %s\n", printable(note))
	}
}

func printFinding(w io.Writer, before string, f api.Finding) {
	fmt.Fprintf(w, "%s%s: %s, %s\n", before, f.Kind, plural(int(f.Files), "file"), plural(int(f.Rows), "row"))
	for i, e := range f.Examples {
		if i == examplesShown {
			fmt.Fprintf(w, "  … %s more; --output json has a hundred\n", count(f.Files-examplesShown))
			return
		}
		name := e.Key
		if name == "" && e.ID != 0 {
			name = fmt.Sprintf("_longshore_file %d", e.ID)
		}
		if name != "" {
			fmt.Fprintf(w, "  %s: %s, want %s\n", printable(name), plural(int(e.Found), "row"), count(e.Expected))
		}
	}
}
