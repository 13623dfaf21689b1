package devstack

import "testing"

func TestNewEnough(t *testing.T) {
	for text, want := range map[string]bool{
		"ClickHouse local version 24.8.4.13 (official build).": true,
		"ClickHouse local version 23.8.1.1.":                   true,
		"ClickHouse local version 23.7.9.9.":                   false,
		"ClickHouse client version 18.16.1.":                   false,
		"no version here":                                      false,
	} {
		if got := newEnough(text); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}
