package cli

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/def"
)

func (a *app) pushCommand() *cobra.Command {
	var dryRun bool
	var base string
	c := &cobra.Command{
		Use:   "push [DIR]",
		Short: "Check a project, show what would change, and apply it",
		Long: `Check every file of a project, show what changes against the definitions in
force, and make the project the one in force.

Of each sync and datasource that is new or changed the next five runs are told,
in the zone of its schedule.

Every mistake in every file is printed at once to standard error, a line each:
file:line: what is wrong, what would be right. Then nothing is changed and the
exit code is 2.`,
		Example: `  longshore push --dry-run
  longshore push ./shop
  longshore push --dry-run --output json | jq '.changes[].name'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.push(cmd, dirOf(args), base, dryRun) },
	}
	c.Flags().BoolVarP(&dryRun, "dry-run", "n", false, "check and compare, but change nothing")
	c.Flags().StringVar(&base, "base", "", "push only if this version is in force, such as 7-0b1c2d3e")
	return c
}

func (a *app) push(cmd *cobra.Command, dir, base string, dryRun bool) error {
	request, err := a.readProject(dir)
	if err != nil {
		return err
	}
	if base != "" {
		request.Base = &base
	}
	c, err := a.api()
	if err != nil {
		return err
	}
	path := "/project"
	if dryRun {
		path += "?dry_run=true"
	}
	var result api.PushResult
	if err := c.post(cmd.Context(), path, request, &result); err != nil {
		return err
	}
	return a.show(result, func(w io.Writer) { printPush(w, result, dryRun) })
}

// readProject reads a folder and checks it here, so that mistakes are told
// without an API too.
func (a *app) readProject(dir string) (api.PushRequest, error) {
	request := api.PushRequest{Files: map[string]string{}}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return request, fail(Invalid, "%s is not a folder; longshore init %s makes a project", dir, dir)
	}
	files, err := def.ReadFiles(os.DirFS(dir))
	if err != nil {
		return request, fail(Invalid, "%w", err)
	}
	if len(files) == 0 {
		return request, fail(Invalid, "there is no project file in %s; longshore init %s makes some", dir, dir)
	}
	if err := a.complain(files); err != nil {
		return request, err
	}
	for path, content := range files {
		request.Files[path] = string(content)
	}
	return request, nil
}

// complain prints every mistake of the files.
func (a *app) complain(files map[string][]byte) error {
	_, problems := def.Parse(files)
	if len(problems) == 0 {
		return nil
	}
	for _, p := range problems {
		a.say("%s", p.Error())
	}
	return fail(Invalid, "%s; nothing was changed", plural(len(problems), "mistake"))
}

func printPush(w io.Writer, r api.PushResult, dryRun bool) {
	for _, c := range r.Changes {
		fmt.Fprintln(w, strings.TrimSpace(c.Action+" "+c.Kind+" "+c.Name))
		for _, line := range c.Lines {
			fmt.Fprintln(w, "    "+printable(line))
		}
	}
	if len(r.Changes) > 0 {
		fmt.Fprintln(w)
	}
	if len(r.Schedules) > 0 {
		fmt.Fprintln(w, "Next runs:")
		for _, s := range r.Schedules {
			fmt.Fprintf(w, "  %s %s, %s\n", s.Kind, s.Name, s.Text)
			for _, line := range nextRuns(s.Schedule) {
				fmt.Fprintln(w, "    "+line)
			}
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, verdict(r, dryRun))
}

func verdict(r api.PushResult, dryRun bool) string {
	switch {
	case r.Applied:
		return "pushed: " + r.Project + " is in force"
	case dryRun && len(r.Changes) > 0:
		return "dry run: nothing was changed"
	case dryRun:
		return "dry run: no definition would change"
	}
	return "nothing to push: " + r.Project + " is in force"
}

// nextRuns says when the next runs begin: a time each, or a sentence.
func nextRuns(s api.Schedule) []string {
	switch {
	case s.PausedAt != nil:
		return []string{"paused since " + moment(s.PausedAt)}
	case s.After != nil && s.After.Kind == "datasource":
		return []string{"after each run of datasource " + s.After.Name + " that succeeds and ingests a file"}
	case s.After != nil:
		return []string{"after each run of sync " + s.After.Name + " that succeeds"}
	}
	times := make([]string, len(s.Next))
	for i, t := range s.Next {
		times[i] = zoned(t)
	}
	return times
}

// readLocal reads a project file that may not be there.
func readLocal(dir, path string) (string, bool) {
	body, err := fs.ReadFile(os.DirFS(dir), path)
	return string(body), err == nil
}
