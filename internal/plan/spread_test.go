package plan_test

import (
	"math"
	"testing"

	"github.com/longshore/longshore/internal/plan"
)

func TestSpreadOf(t *testing.T) {
	for _, c := range []struct {
		name            string
		values, weights []float64
		want            plan.Spread
	}{
		{"nothing", nil, nil, plan.Spread{}},
		{"without weight", []float64{3}, []float64{0}, plan.Spread{}},
		{"one", []float64{3}, []float64{7}, plan.Spread{Low: 1.5, Mean: 3, High: 6}},
		{"alike", []float64{3, 3, 3}, []float64{1, 2, 3}, plan.Spread{Low: 3, Mean: 3, High: 3}},
		{"two apart", []float64{3, 5}, []float64{1, 1}, plan.Spread{Low: 2, Mean: 4, High: 6}},
		{"five, of other weights", []float64{2, 2, 2, 2, 7}, []float64{1, 1, 1, 1, 1}, plan.Spread{Low: 1.5, Mean: 3, High: 5}},
		{"weights count", []float64{2, 7}, []float64{4, 1}, plan.Spread{Low: 1.5, Mean: 3, High: 7}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := plan.SpreadOf(c.values, c.weights)
			for _, d := range []float64{got.Low - c.want.Low, got.Mean - c.want.Mean, got.High - c.want.High} {
				if math.Abs(d) > 1e-9 {
					t.Fatalf("got %+v, want %+v", got, c.want)
				}
			}
		})
	}
}
