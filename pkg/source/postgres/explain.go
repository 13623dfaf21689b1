package postgres

import (
	"context"
	"encoding/json"

	"github.com/longshore/longshore/pkg/fault"
)

// plan is a node of the server's plan for a query, as far as we look at it.
type plan struct {
	Node     string `json:"Node Type"`
	Schema   string `json:"Schema"`
	Relation string `json:"Relation Name"`
	// Rows is an estimate.
	Rows  float64 `json:"Plan Rows"`
	Plans []plan  `json:"Plans"`
}

// explainPrefix asks for the plan; it doesn't run the query. The server checks
// the grants on tables here, not when it prepares.
const explainPrefix = "EXPLAIN (VERBOSE, FORMAT JSON) "

// explain is plan with the error of a user's query.
func (d *database) explain(ctx context.Context, s *session, sql, action string) (plan, error) {
	p, err := d.plan(ctx, s, sql)
	return p, d.failure(ctx, action, err)
}

// plan returns the plan of the query. Parallel workers only hide what the plan
// is about.
func (d *database) plan(ctx context.Context, s *session, sql string) (plan, error) {
	rows, err := s.run(ctx, "SET LOCAL max_parallel_workers_per_gather = 0; "+explainPrefix+sql)
	if err != nil {
		return plan{}, err
	}
	if _, err := s.run(ctx, "SET LOCAL max_parallel_workers_per_gather TO DEFAULT"); err != nil {
		return plan{}, err
	}
	var plans []struct{ Plan plan }
	if len(rows) != 1 || json.Unmarshal([]byte(rows[0][0]), &plans) != nil || len(plans) != 1 {
		return plan{}, fault.New(fault.Unknown, "the server's plan can't be read")
	}
	return plans[0].Plan, nil
}
