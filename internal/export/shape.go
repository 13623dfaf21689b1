package export

import (
	"context"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/mapping"
	"github.com/longshore/longshore/pkg/fault"
)

// shape is what becomes of a model's rows. In mode all they are mapped at once;
// in the others what depends on the row alone is carried through a comparison
// and kept in the baseline, and a row is assembled from it when it is sent.
type shape struct {
	job    *job
	run    ledger.Run
	result *arrow.Schema // the model's
	// fields is the sync's mapping, of the result in mode all, of what is carried in
	// the others. Nil where the sync has none.
	fields []def.Field
	// carry maps the result to what is carried; nil in mode all.
	carry *mapping.Projection
	file  *arrow.Schema
}

// shape asks the database what the model returns.
func (j *job) shape(ctx context.Context, r ledger.Run) (*shape, error) {
	result, err := j.db.Describe(ctx, j.query)
	if err != nil {
		return nil, err
	}
	return j.shapeOf(result, r)
}

func (j *job) shapeOf(result *arrow.Schema, r ledger.Run) (s *shape, err error) {
	s = &shape{job: j, run: r, result: result, fields: j.sync.Mapping}
	if j.compares() {
		if err := s.split(); err != nil {
			return nil, err
		}
	}
	p, err := s.projection(j.names.ops[0])
	if err != nil {
		return nil, err
	}
	s.file = p.Schema()
	return s, nil
}

func (s *shape) split() (err error) {
	if s.fields == nil {
		s.carry, err = mapping.Compile(s.result, s.job.sync.Columns)
		return err
	}
	var carried []def.Field
	carried, s.fields = mapping.Carry(s.fields)
	s.carry, err = mapping.CompileMapping(s.result, carried, mapping.Variables{}, s.job.model.PrimaryKey)
	return err
}

// projection maps rows, which are the model's or what is carried of them, onto
// the fields of the files of an op.
func (s *shape) projection(op string) (*mapping.Projection, error) {
	rows, columns := s.result, s.job.sync.Columns
	if s.carry != nil {
		rows, columns = s.carry.Schema(), nil
	}
	if s.fields == nil {
		return mapping.Compile(rows, columns)
	}
	return mapping.CompileMapping(rows, s.fields, s.job.variables(s.run, op), s.job.model.PrimaryKey)
}

// planned makes sure that the rows are still what the plan says.
func (s *shape) planned(plan shared) error {
	file, err := plan.schema()
	if err != nil {
		return err
	}
	changed := changes(fields(file), fields(s.file))
	if changed == "" {
		return nil
	}
	return fault.WithRemedy(fault.New(fault.Invalid, "model %s: its columns changed during the run: %s", s.job.model.Name, changed), "run the sync again")
}
