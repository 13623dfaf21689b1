package plan

import "math"

// Spread is a mean of what was seen of some, and how far that of all may be from it.
type Spread struct{ Low, Mean, High float64 }

// SpreadOf returns the weighted mean of values that are drawn from many, give or
// take two standard errors, but no less than half of it. Of a single one nothing
// can be said but that it may be half or twice as much.
func SpreadOf(values, weights []float64) Spread {
	var sum, all, squares float64
	for i, v := range values {
		sum += v * weights[i]
		all += weights[i]
	}
	if all == 0 {
		return Spread{}
	}
	mean := sum / all
	n := float64(len(values))
	if n == 1 {
		return Spread{mean / 2, mean, 2 * mean}
	}
	for i, v := range values {
		squares += (v - mean) * (v - mean) * weights[i]
	}
	off := 2 * math.Sqrt(squares/all/(n-1))
	return Spread{max(mean-off, mean/2), mean, mean + off}
}
