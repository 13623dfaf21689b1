package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/longshore/longshore/pkg/fault"
)

const (
	// removedAtOnce is how many file versions one mutation removes.
	removedAtOnce = 200
	// mutationLook is how often it is asked whether a mutation is done. Waiting in
	// the statement would be silence, which can't be told from a dead connection.
	mutationLook = 250 * time.Millisecond
)

// RemoveFiles removes the rows of file versions from a table, by their FileColumn,
// and from its quarantine, and returns when they are gone. Doing it again is no
// harm, and no work where nothing is left.
func (c *Client) RemoveFiles(ctx context.Context, table string, files []FileVersion) error {
	for page := range slices.Chunk(files, removedAtOnce) {
		ids, versions := make([]string, len(page)), make([]string, len(page))
		for i, f := range page {
			ids[i] = fmt.Sprint(FileID(f.Key, f.ETag))
			versions[i] = "(" + Literal(f.Key) + ", " + Literal(f.ETag) + ")"
		}
		err := c.remove(ctx, table, FileColumn, FileColumn+" IN ("+strings.Join(ids, ", ")+")")
		if err != nil {
			return err
		}
		err = c.remove(ctx, QuarantineName(table), ErrorETag, "("+ErrorFile+", "+ErrorETag+") IN ("+strings.Join(versions, ", ")+")")
		if err != nil {
			return err
		}
	}
	return nil
}

// remove deletes the rows that meet a condition on a column, if there are any.
func (c *Client) remove(ctx context.Context, table, column, condition string) error {
	t := c.located(Table{Name: table})
	rows := Path(t.Database, t.Name) + " WHERE " + condition
	what := "remove files from " + t.path()
	if err := c.mutated(ctx, what, t, column); err != nil { // an earlier attempt's
		return err
	}
	n, err := c.count(ctx, what, rows)
	if err != nil || n == 0 {
		return err
	}
	kept := t.made()[0]
	err = c.ddl(ctx, step{action{what, "ALTER DELETE ON " + Path(kept.Database, kept.Name)},
		"ALTER TABLE " + Path(kept.Database, kept.Name) + onCluster(t.Cluster) + " DELETE WHERE " + condition})
	if err != nil {
		return err
	}
	if err := c.mutated(ctx, what, t, column); err != nil {
		return err
	}
	if n, err = c.count(ctx, what, rows); n > 0 {
		return fault.New(fault.Temporary, "connection %s: %s: %d rows are still there: the mutation was killed", c.target.name, what, n)
	}
	return err
}

// mutated waits until no mutation of a table that mentions a column is under way.
func (c *Client) mutated(ctx context.Context, what string, t Table, column string) error {
	query := fmt.Sprintf("SELECT latest_fail_reason FROM %s WHERE database = %s AND table = %s AND NOT is_done AND position(command, %s) > 0",
		t.everywhere("system.mutations"), Literal(t.Database), Literal(t.made()[0].Name), Literal(column))
	tick := time.NewTicker(mutationLook)
	defer tick.Stop()
	for {
		open, reason := 0, ""
		err := c.Query(ctx, what, query, func(scan func(...any) error) error {
			open++
			return scan(&reason)
		})
		switch {
		case err != nil || open == 0:
			return err
		case reason != "":
			return fault.New(fault.Temporary, "connection %s: %s: the mutation doesn't get on: %s", c.target.name, what, strings.Join(strings.Fields(reason), " "))
		}
		select {
		case <-ctx.Done():
			return c.target.fault(action{verb: what}, ctx.Err())
		case <-tick.C:
		}
	}
}
