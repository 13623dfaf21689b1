package ingest

import (
	"slices"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// at returns the job with the columns that the first so many of those that were
// added make, behind those of SCHEMA.
//
// SCHEMA takes over: an added column whose name it has, or whose field it reads,
// is none any more. So which columns a file is read with depends on its
// definitions and the version alone.
func (j *job) at(added []ledger.AddedColumn, version uint32) (*job, error) {
	if int(version) > len(added) {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "datasource %s: %d columns were added to its table, and the record has %d", j.ds.Name, version, len(added)),
			"restore columns/%s.json in the state bucket", j.ds.Name)
	}
	out := *j
	out.columns = slices.Clone(j.columns[:len(j.ds.Columns)])
	for _, a := range added[:version] {
		c, err := readAdded(a)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(out.columns, func(have format.Column) bool { return have.Name == c.Name || pathOf(have).Overlaps(c.Path) }) {
			out.columns = append(out.columns, c)
		}
	}
	return &out, nil
}

// readAdded returns a column as files are read into it. One that takes no null
// was in the table before it was added to the record: ClickHouse then fills in
// its default.
func readAdded(a ledger.AddedColumn) (format.Column, error) {
	t, err := schema.ParseType(a.Type)
	if err != nil {
		return format.Column{}, fault.New(fault.Invalid, "added column %s: %w", a.Name, err)
	}
	path, err := schema.ParsePath(a.Path)
	return format.Column{Name: a.Name, Type: t, Path: path, Default: !t.TakesNull(), ByName: true}, err
}

func pathOf(c format.Column) schema.Path {
	if c.Path == nil {
		return schema.FieldPath(c.Name)
	}
	return c.Path
}

// added returns the columns that aren't SCHEMA's.
func (j *job) added() []format.Column { return j.columns[len(j.ds.Columns):] }

// table returns the datasource's table with its added columns.
func (j *job) table() clickhouse.Table {
	t := clickhouse.TableOf(j.ds)
	t.Extend, t.KnowsFiles = true, true
	for _, c := range j.added() {
		t.Columns = append(t.Columns, clickhouse.Column{Name: c.Name, Type: c.Type})
	}
	return t
}

// without returns the job without the added columns of the given names.
func (j *job) without(names []string) *job {
	out := *j
	out.columns = slices.DeleteFunc(slices.Clone(j.columns), func(c format.Column) bool { return c.ByName && slices.Contains(names, c.Name) })
	return &out
}

// known returns columns as files are compared with them.
func known(columns []format.Column) []schema.Known {
	out := make([]schema.Known, len(columns))
	for i, c := range columns {
		out[i] = schema.Known{Name: c.Name, Type: c.Type, Path: c.Path, Default: c.Default}
	}
	return out
}
