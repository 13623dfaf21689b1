package csv_test

import (
	"fmt"
	"testing"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/format/formattest"
)

// TestClickHouseReads wants ClickHouse's own CSV reader to read values back.
func TestClickHouseReads(t *testing.T) {
	server := servertest.ClickHouse(t)
	for _, p := range formattest.ClickHouseProbes {
		t.Run(p.Column, func(t *testing.T) {
			rec := p.Batch(t)
			shown := formattest.AskClickHouse(t, server.HTTP, fmt.Sprintf(
				"SELECT toString("+p.Shown+") AS v FROM format(CSVWithNames, 'n Int32, %[2]s Nullable(%[3]s)', %[4]s) ORDER BY n "+
					"SETTINGS date_time_input_format = 'best_effort', format_csv_null_representation = '' FORMAT JSON",
				p.Column, p.Column, p.Type, formattest.Literal(file(t, rec))))
			p.Check(t, rec, shown)
		})
	}
}
