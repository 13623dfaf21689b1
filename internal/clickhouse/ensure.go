package clickhouse

import (
	"context"

	"github.com/longshore/longshore/pkg/fault"
)

// EnsureTable makes the table if there is none, and otherwise compares it with
// what is wanted. See PlanTable. It may be called by many at once.
func (c *Client) EnsureTable(ctx context.Context, t Table) error {
	t = c.located(t)
	steps, err := c.plan(ctx, t)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if err := c.ddl(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// PlanTable returns the statements that EnsureTable would run: that which makes
// the table, or where it may be extended those that add the columns it lacks,
// or none. A difference that can't be mended so is Invalid, and all of them are
// in the error. Columns that only the existing table has are no difference.
func (c *Client) PlanTable(ctx context.Context, t Table) ([]string, error) {
	steps, err := c.plan(ctx, c.located(t))
	var statements []string
	for _, s := range steps {
		statements = append(statements, s.statement)
	}
	return statements, err
}

// AddColumn adds a column to a table and, as Nullable(String), to its quarantine,
// where they don't have it.
func (c *Client) AddColumn(ctx context.Context, t Table, column Column) error {
	t = c.located(t)
	// The quarantine first: the table's having the column tells that both do.
	var steps []step
	for _, part := range Quarantine(t).made() {
		steps = append(steps, part.extension(quarantined(column)))
	}
	for _, part := range t.made() {
		steps = append(steps, part.extension(column))
	}
	for _, s := range steps {
		if err := c.ddl(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// step is one statement of DDL.
type step struct {
	action
	statement string
}

func (t Table) creation() step {
	return step{action{"create table " + t.path(), "CREATE TABLE ON " + Path(t.Database, t.Name)}, t.Create()}
}

func (t Table) extension(c Column) step {
	return step{action{"add column " + c.Name + " to " + t.path(), "ALTER ADD COLUMN ON " + Path(t.Database, t.Name)}, t.AddColumn(c)}
}

func (c *Client) ddl(ctx context.Context, s step) error {
	if err := c.conn.Exec(ctx, s.statement); err != nil {
		return c.target.fault(s.action, err)
	}
	return nil
}

// plan returns the steps to a table and, where it is distributed, first to the
// tables behind it.
func (c *Client) plan(ctx context.Context, t Table) (steps []step, err error) {
	if err := c.shardable(t); err != nil {
		return nil, err
	}
	for _, part := range t.made() {
		more, err := c.planOne(ctx, part)
		if err != nil {
			return nil, err
		}
		steps = append(steps, more...)
	}
	return steps, nil
}

func (c *Client) planOne(ctx context.Context, t Table) ([]step, error) {
	existing, err := c.Describe(ctx, t.Database, t.Name)
	lacking := fault.Is(err, fault.NotFound)
	if err != nil && !lacking {
		return nil, err
	}
	if t, err = c.withFileColumn(ctx, t); err != nil {
		return nil, err
	}
	if twice := t.twice(); twice != "" {
		return nil, fault.New(fault.Invalid, "connection %s: table %s has two columns %s; a table has %s and a quarantine %s and %s… of its own",
			c.target.name, t.path(), twice, FileColumn, InsertionDate, "c__")
	}
	if lacking {
		return []step{t.creation()}, nil
	}
	missing, differences := t.compare(existing)
	differences, err = c.real(ctx, t.path(), differences)
	if err != nil {
		return nil, err
	}
	var steps []step
	for _, column := range missing {
		if !t.Extend {
			differences = append(differences, difference{text: "column " + column.Name + " is missing"})
		}
		steps = append(steps, t.extension(column))
	}
	if len(differences) > 0 {
		return nil, fault.New(fault.Invalid, "connection %s: table %s is not as defined: %s", c.target.name, t.path(), joined(differences))
	}
	return steps, nil
}

// twice returns the name of a column that t has two of, or nothing.
func (t Table) twice() string {
	seen := map[string]bool{}
	for _, c := range t.Columns {
		if seen[c.Name] {
			return c.Name
		}
		seen[c.Name] = true
	}
	return ""
}
