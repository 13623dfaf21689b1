package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
)

func (a *app) previewCommand() *cobra.Command {
	var request api.PreviewRequest
	var write, dir string
	var rename, types []string
	c := &cobra.Command{
		Use:   "preview URI --connection NAME",
		Short: "Look into files of a bucket, and make a datasource of them",
		Long: `Look into files of a bucket: which there are, which columns they have and why,
the first rows, and how many rows would be quarantined.

The URI may hold the patterns of IMPORT_BUCKET_URI: * within a segment, ** across,
?, {a,b}, {1..9}. With --write NAME the datasource that the files would make is
written to datasources/NAME.datasource, for you to change and push. Columns can be
renamed, given another type and left out, by the names that were inferred.`,
		Example: `  longshore preview 's3://shop-lake/web/**/*.ndjson' --connection lake
  longshore preview 's3://shop-lake/prices/*.csv' --connection lake --sample 5 --write prices
  longshore preview 's3://shop-lake/prices/*.csv' --connection lake --rename sku=article --type 'price=Decimal(12, 2)' --drop note --write prices`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			request.URI = args[0]
			if write != "" {
				request.Name = write
			}
			var err error
			if request.Rename, err = assignments("--rename", rename); err != nil {
				return err
			}
			if request.Types, err = assignments("--type", types); err != nil {
				return err
			}
			return a.preview(cmd, request, write, dir)
		},
	}
	flags := c.Flags()
	flags.StringVar(&request.Connection, "connection", "", "the connection, of type s3, as it was pushed")
	flags.IntVar(&request.Sample, "sample", 0, "infer columns from this many files, not from the reference file alone")
	flags.IntVar(&request.Rows, "rows", 10, "how many first rows to show")
	flags.StringVar(&request.Format, "format", "", "csv, ndjson or parquet (default: found out)")
	flags.StringArrayVar(&rename, "rename", nil, "call a column otherwise: `column=name`; may be repeated")
	flags.StringArrayVar(&types, "type", nil, "give a column a type of ClickHouse: `column=type`; may be repeated")
	flags.StringArrayVar(&request.Drop, "drop", nil, "leave a `column` out; may be repeated")
	flags.StringVar(&write, "write", "", "write datasources/NAME.datasource")
	flags.StringVar(&dir, "dir", ".", "the project's folder, for --write")
	_ = c.MarkFlagRequired("connection")                                                                                                         // fails for unknown flags alone
	_ = c.RegisterFlagCompletionFunc("connection", a.complete(namesOfConnections))                                                               // as above
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"csv", "ndjson", "parquet"}, cobra.ShellCompDirectiveNoFileComp)) // as above
	return c
}

// assignments reads name=value pairs of a flag that may be repeated.
func assignments(flag string, pairs []string) (map[string]string, error) {
	out := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" || value == "" {
			return nil, fail(Invalid, "%s %s: write %s column=value", flag, pair, flag)
		}
		if _, twice := out[name]; twice {
			return nil, fail(Invalid, "%s %s: the column is given twice", flag, pair)
		}
		out[name] = value
	}
	return out, nil
}

func (a *app) preview(cmd *cobra.Command, request api.PreviewRequest, write, dir string) error {
	c, err := a.api()
	if err != nil {
		return err
	}
	var p api.Preview
	if err := c.post(cmd.Context(), "/preview", request, &p); err != nil {
		return err
	}
	if p.Count == 0 {
		return fail(Invalid, "no file matches %s; check the pattern, and that the connection may list the bucket", request.URI)
	}
	if write != "" {
		path := filepath.Join(dir, "datasources", write+".datasource")
		if err := a.complain(map[string][]byte{"datasources/" + write + ".datasource": []byte(p.Datasource), "connections/" + request.Connection + ".connection": []byte("TYPE s3\n")}); err != nil {
			return err
		}
		if err := writeNew(path, []byte(p.Datasource)); err != nil {
			return err
		}
		a.say("wrote %s", path)
	}
	return a.show(p, func(w io.Writer) { printPreview(w, p) })
}

func printPreview(w io.Writer, p api.Preview) {
	fmt.Fprintf(w, "%s, %s; reference file %s (%s, compression %s)\n\n", plural(int(p.Count), "file"), size(p.Bytes), p.ReferenceFile, p.Format, p.Compression)
	var rows [][]string
	for _, c := range p.Columns {
		evidence := c.Evidence
		if len(c.Conflicts) > 0 {
			evidence += "; but " + strings.Join(c.Conflicts, "; ")
		}
		rows = append(rows, []string{c.Name, c.Type, dash(c.Path), evidence})
	}
	columns(w, "no columns", []string{"COLUMN", "TYPE", "PATH", "WHY"}, rows)
	var heads []string
	for _, c := range p.Columns {
		heads = append(heads, c.Name)
	}
	fmt.Fprintln(w)
	columns(w, "no rows", heads, shortened(p.Rows))
	fmt.Fprintf(w, "\n%s looked at, %s would be quarantined\n", plural(int(p.RowsSampled), "row"), count(p.Quarantine.Rows))
	for _, r := range p.Quarantine.Reasons {
		fmt.Fprintf(w, "  %s: %s\n", plural(int(r.Rows), "row"), printable(strings.TrimSpace(r.Column+" "+r.Reason)))
	}
}

// cellWidth is how much of a value a table of rows shows, in characters.
const cellWidth = 40

func shortened(rows [][]string) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		for _, cell := range row {
			if text := []rune(cell); len(text) > cellWidth {
				cell = string(text[:cellWidth-1]) + "…"
			}
			out[i] = append(out[i], cell)
		}
	}
	return out
}
