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

// explain returns the plan of the query. Parallel workers only hide what the
// plan is about.
func (d *database) explain(ctx context.Context, s *session, sql, action string) (plan, error) {
	rows, err := s.run(ctx, "SET LOCAL max_parallel_workers_per_gather = 0; "+explainPrefix+sql)
	if err != nil {
		return plan{}, d.failure(ctx, action, err)
	}
	var plans []struct{ Plan plan }
	if len(rows) != 1 || json.Unmarshal([]byte(rows[0][0]), &plans) != nil || len(plans) != 1 {
		return plan{}, d.failure(ctx, action, fault.New(fault.Unknown, "the server's plan can't be read"))
	}
	return plans[0].Plan, nil
}
