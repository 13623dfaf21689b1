package def

import "testing"

func TestErrorBudget(t *testing.T) {
	tests := []struct {
		text              string
		rows, quarantined int64
		exceeded          bool
	}{
		{"1%", 99, 1, false},
		{"1%", 98, 2, true},
		{"0.5%", 199, 1, false},
		{"0.5%", 198, 1, true},
		{"100%", 0, 5, false},
		{"0", 10, 0, false},
		{"0", 10, 1, true},
		{"1_000", 0, 1000, false},
		{"1_000", 1_000_000, 1001, true},
	}
	for _, tt := range tests {
		var problems Problems
		f := fields{problems: &problems, entries: map[string]entry{"IMPORT_ERROR_BUDGET": {value: tt.text}}}
		b := f.errorBudget()
		if b == nil || len(problems) > 0 {
			t.Errorf("%s: got %v", tt.text, problems)
			continue
		}
		if got := b.Exceeded(tt.rows, tt.quarantined); got != tt.exceeded {
			t.Errorf("%s of %d and %d: got exceeded %v", tt.text, tt.rows, tt.quarantined, got)
		}
	}
	if (*ErrorBudget)(nil).Exceeded(0, 1) {
		t.Error("no budget was exceeded")
	}
}
