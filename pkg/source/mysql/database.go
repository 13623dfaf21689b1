package mysql

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// database is an open connection of a project. Each call has a server
// connection of its own.
type database struct {
	name      string
	address   string // host:port
	password  string
	connector driver.Connector
	batchRows int
}

var _ source.Database = (*database)(nil)

// Close implements source.Database.
func (d *database) Close() error { return nil }

// Describe implements source.Database.
func (d *database) Describe(ctx context.Context, q source.Query) (*arrow.Schema, error) {
	s, m, err := d.open(ctx, q, "describe model "+q.Name)
	if err != nil {
		return nil, err
	}
	s.close()
	return m.schema, nil
}

// model is a query whose columns are known.
type model struct {
	statement
	names  []string
	shapes []shape
	schema *arrow.Schema
}

// open connects and describes the model. The session is the caller's.
func (d *database) open(ctx context.Context, q source.Query, action string) (*session, *model, error) {
	parsed, err := parse(q.SQL)
	if err != nil {
		return nil, nil, d.failure(ctx, action, err)
	}
	s, err := d.connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	m := &model{statement: parsed}
	if err := m.describe(ctx, s); err != nil {
		if ctx.Err() != nil {
			s.kill()
		}
		s.close()
		return nil, nil, d.failureIn(ctx, action, err, m.sql, m.linesBefore())
	}
	return s, m, nil
}

// isWrapped reports whether describing puts the model into another query: a
// limit of its own is stronger than ours, and a UNION runs before its limit.
// (TestDescribeRunsNothing)
func (m *model) isWrapped() bool { return m.limited || m.combined }

// linesBefore is how many lines of ours describing puts before the model.
func (m *model) linesBefore() int {
	if m.isWrapped() {
		return 1
	}
	return 0
}

// describe runs the model for no rows.
func (m *model) describe(ctx context.Context, s *session) error {
	sql := m.sql
	if m.isWrapped() {
		sql = m.wrapped("*", "")
	}
	if err := s.exec(ctx, "SET SESSION sql_select_limit = 0"); err != nil {
		return err
	}
	rows, err := s.query(ctx, sql)
	if err != nil {
		return err
	}
	if err := m.learn(rows); err != nil {
		return err
	}
	if err := rows.Close(); err != nil {
		return err
	}
	return s.exec(ctx, "SET SESSION sql_select_limit = "+unlimited)
}

// wrapped selects from the model, which is called q there.
func (m *model) wrapped(columns, where string) string {
	return "SELECT " + columns + " FROM (\n" + m.sql + "\n) AS q" + where
}

// learn takes the columns from a result.
func (m *model) learn(rows driver.Rows) error {
	m.names = rows.Columns()
	if len(m.names) == 0 {
		return fault.WithRemedy(fault.New(fault.Invalid, "the SQL has no result"), "a model is one statement that begins with SELECT or WITH")
	}
	fields := make([]arrow.Field, len(m.names))
	seen := map[string]bool{}
	for i, name := range m.names {
		switch {
		case name == "":
			return fault.WithRemedy(fault.New(fault.Invalid, "column %d of the result has no name", i+1), "name it with AS")
		case seen[name]:
			return fault.WithRemedy(fault.New(fault.Invalid, "the result has two columns named %q", name), "name one of them with AS")
		}
		seen[name] = true
		s, err := shapeOf(rows, i, name)
		if err != nil {
			return err
		}
		m.shapes = append(m.shapes, s)
		fields[i] = s.field(name)
	}
	m.schema = arrow.NewSchema(fields, nil)
	return nil
}

func (m *model) column(name string) (int, error) {
	for i, have := range m.names {
		if have == name {
			return i, nil
		}
	}
	return 0, fault.WithRemedy(fault.New(fault.Invalid, "the result has no column %q to cut ranges of", name),
		"name a column of the result as the model's partition: %s", strings.Join(m.names, ", "))
}
