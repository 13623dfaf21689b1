package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/api"
)

func (a *app) datasourceCommand() *cobra.Command {
	c := group("datasource", "Sync, list and show datasources: files that become rows",
		`  longshore datasource ls
  longshore datasource sync page_views --wait`,
		a.startCommand(datasources), a.listDatasourcesCommand(), a.showDatasourceCommand(), a.planDatasourceCommand())
	c.AddCommand(a.pauseCommands(datasources)...)
	return c
}

type datasourceList struct {
	Datasources []api.Datasource `json:"datasources"`
}

func (a *app) listDatasourcesCommand() *cobra.Command {
	return listing[datasourceList]{
		path: "/datasources", short: "List datasources with schedule, backlog and last run", none: "no datasources; longshore push makes some",
		example: `  longshore datasource ls
  longshore datasource ls --output json | jq '.datasources[] | {name, backlog}'`,
		heads: []string{"NAME", "FILES", "SCHEDULE", "NEXT", "BACKLOG", "STATE"},
		rows: func(list datasourceList) [][]string {
			return each(list.Datasources, func(d api.Datasource) []string {
				return []string{d.Name, dash(d.BucketURI), d.Schedule.Text, nextOf(d.Schedule), backlog(d.Backlog), stateOf(d.Activity)}
			})
		},
	}.command(a)
}

// backlog says how much waits, for how long, and for how long to come.
func backlog(b api.Backlog) string {
	if b.Files == 0 {
		return "-"
	}
	files := count(b.Files) + " files"
	if b.Files == 1 {
		files = "1 file"
	}
	text := fmt.Sprintf("%s, %s, oldest %s", files, size(b.Bytes), coarse(b.OldestSeconds))
	if b.ETASeconds != nil {
		text += ", ETA " + coarse(*b.ETASeconds)
	}
	return text
}

// coarse says seconds in the two largest units that matter: 3d4h, 2m10s.
func coarse(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	days := int64(d / (24 * time.Hour))
	switch {
	case days > 0:
		return fmt.Sprintf("%dd%dh", days, int64(d.Hours())-24*days)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%dm", int64(d.Hours()), int64(d.Minutes())%60)
	case d >= time.Minute:
		return fmt.Sprintf("%dm%ds", int64(d.Minutes()), int64(d.Seconds())%60)
	}
	return fmt.Sprintf("%ds", int64(d.Seconds()))
}

// addedBy says which file brought a column that isn't in SCHEMA.
func addedBy(a *api.Added) string {
	if a == nil {
		return "-"
	}
	return a.File + ", " + moment(&a.At)
}

func (a *app) showDatasourceCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a datasource: columns, schedule, backlog and runs", Args: cobra.ExactArgs(1), ValidArgsFunction: a.complete(namesOfDatasources),
		Example: `  longshore datasource show page_views
  longshore datasource show page_views --output json | jq .backlog`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			var d api.DatasourceDetail
			if err := c.get(cmd.Context(), "/datasources/"+escape(args[0]), &d); err != nil {
				return err
			}
			return a.show(d, func(w io.Writer) { printDatasource(w, d) })
		},
	}
}

func printDatasource(w io.Writer, d api.DatasourceDetail) {
	waiting := ""
	if d.Backlog.Files > 0 {
		waiting = backlog(d.Backlog) + ", since " + moment(d.Backlog.Oldest)
	}
	perRun := ""
	if d.MaxFiles > 0 {
		perRun = fmt.Sprint(d.MaxFiles)
	}
	pairs(w, "datasource", d.Name, "description", strings.Join(strings.Fields(d.Description), " "), "target", d.Target, "engine", d.Engine,
		"sorting key", d.SortingKey, "partition key", d.PartitionKey, "ttl", d.TTL, "connection", d.Connection, "files", d.BucketURI,
		"format", d.Format, "files per run", perRun, "error budget", d.ErrorBudget, "schedule", d.Schedule.Text, "paused", paused(d.Schedule, "datasource "+d.Name), "next runs", nextTimes(d.Schedule),
		"last scan", moment(d.LastScanAt), "backlog", waiting)
	var rows [][]string
	for _, c := range d.Columns {
		rows = append(rows, []string{c.Name, c.Type, dash(c.Path), dash(c.Default), addedBy(c.Added)})
	}
	fmt.Fprintln(w)
	columns(w, "no columns", []string{"COLUMN", "TYPE", "PATH", "DEFAULT", "ADDED BY"}, rows)
	printActivity(w, d.Activity)
}
