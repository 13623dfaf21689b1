package postgres

import (
	"context"
	"errors"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// model is a query that the server has prepared: one statement, all its names
// found, its columns known.
type model struct {
	statement
	columns []resultColumn
	schema  *arrow.Schema
}

// resultColumn is a column of the result, as the server describes it.
type resultColumn struct {
	name   string
	oid    uint32
	typmod int32 // -1 is none
	table  uint32
	number uint16 // of the table's column; zero where it is an expression
	shape  shape
}

// prepare has the server read the query, in the session's open transaction.
func (d *database) prepare(ctx context.Context, s *session, q source.Query, action string) (*model, error) {
	parsed, err := parse(q.SQL)
	if err != nil {
		return nil, d.failure(ctx, action, err)
	}
	described, err := s.conn.Prepare(ctx, "", parsed.sql, nil)
	if err != nil {
		return nil, d.failureAt(ctx, action, err, serverPosition(err, q.SQL, 0))
	}
	m := &model{statement: parsed}
	if err := m.takeColumns(described); err != nil {
		return nil, d.failure(ctx, action, err)
	}
	if err := d.types.shapes(ctx, s, m.columns); err != nil {
		return nil, d.failure(ctx, action, err)
	}
	fields := make([]arrow.Field, len(m.columns))
	for i, c := range m.columns {
		fields[i] = c.shape.field(c.name)
	}
	m.schema = arrow.NewSchema(fields, nil)
	return m, nil
}

// takeColumns checks that the result is one that columns can be made of.
func (m *model) takeColumns(described *pgconn.StatementDescription) error {
	if n := len(described.ParamOIDs); n > 0 {
		return fault.WithRemedy(fault.New(fault.Invalid, "the SQL has %d parameters ($1 …)", n), "write values in their place")
	}
	if len(described.Fields) == 0 {
		return fault.WithRemedy(fault.New(fault.Invalid, "the result has no columns"), "select at least one")
	}
	seen := map[string]bool{}
	for _, f := range described.Fields {
		if seen[f.Name] {
			return fault.WithRemedy(fault.New(fault.Invalid, "the result has two columns named %q", f.Name),
				"name one of them with AS")
		}
		seen[f.Name] = true
		m.columns = append(m.columns, resultColumn{
			name: f.Name, oid: f.DataTypeOID, typmod: f.TypeModifier,
			table: f.TableOID, number: f.TableAttributeNumber,
		})
	}
	return nil
}

// column returns the index of the named column.
func (m *model) column(name string) (int, error) {
	for i, c := range m.columns {
		if c.name == name {
			return i, nil
		}
	}
	return 0, fault.WithRemedy(fault.New(fault.Invalid, "the result has no column %q to cut ranges of", name),
		"name a column of the result as the model's partition")
}

// serverPosition is where in the model the server found its error, or empty.
// The statement sent had prefix characters before the model.
func serverPosition(err error, sql string, prefix int) string {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Position == 0 {
		return ""
	}
	at, ok := characters(sql, int(pg.Position)-prefix)
	if !ok {
		return ""
	}
	return position(sql, at)
}
