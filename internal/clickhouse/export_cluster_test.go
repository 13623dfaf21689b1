package clickhouse

import (
	"context"
	"fmt"
	"strings"
)

// Located is t as c's connection has it.
func (c *Client) Located(t Table) Table { return c.located(t) }

// Files is the table of files as c's connection has it.
func (c *Client) Files() Table { return c.fileTable() }

// Statements are those that make the tables which stand for t.
func (t Table) Statements() (all []string) {
	for _, part := range t.made() {
		all = append(all, part.Create())
	}
	return all
}

// Additions are the statements that add a column to t and its quarantine.
func (t Table) Additions(c Column) (all []string) {
	for _, part := range Quarantine(t).made() {
		all = append(all, part.AddColumn(quarantined(c)))
	}
	for _, part := range t.made() {
		all = append(all, part.AddColumn(c))
	}
	return all
}

// FileColumn is the column by which rows know their file.
func TheFileColumn() Column { return fileColumn }

// Settings are those of an INSERT by c, a line each.
func (c *Client) Settings(in Insert) string {
	var b strings.Builder
	for _, s := range in.settings(c.target.durability()) {
		fmt.Fprintf(&b, "%s = %s\n", s.Key, s.Value)
	}
	return b.String()
}

// Everywhere is what t's connection reads a system table from.
func (t Table) Everywhere(system string) string { return t.everywhere(system) }

// Plan is PlanTable's answer without looking at what there is.
func (c *Client) Shardable(_ context.Context, t Table) error { return c.shardable(c.located(t)) }
