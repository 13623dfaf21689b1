package chdb

import "testing"

func TestParseError(t *testing.T) {
	for _, q := range []struct {
		text string
		want Error
	}{
		{"Code: 60. DB::Exception: Table default.nope does not exist. Maybe you meant system.one?. (UNKNOWN_TABLE)", Error{60, "UNKNOWN_TABLE", "Table default.nope does not exist. Maybe you meant system.one?"}},
		{"Code: 33. DB::Exception: Cannot read all data: While executing Native. (CANNOT_READ_ALL_DATA) (version 26.7.2.1)", Error{33, "CANNOT_READ_ALL_DATA", "Cannot read all data: While executing Native"}},
		{"Code: 33. DB::Exception: x (A_B) (version 24.8.4.13 (official build))\n", Error{33, "A_B", "x"}},
		{"Code: 241. DB::Exception: Code: 241. DB::Exception: Limit exceeded (a, B). (MEMORY_LIMIT_EXCEEDED). (MEMORY_LIMIT_EXCEEDED)", Error{241, "MEMORY_LIMIT_EXCEEDED", "Limit exceeded (a, B)"}},
		{"Code: 210. DB::NetException: refused. (NETWORK_ERROR)", Error{210, "NETWORK_ERROR", "refused"}},
		{"something else\n", Error{1002, "UNKNOWN_EXCEPTION", "something else"}},
	} {
		if got := ParseError(q.text); *got != q.want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", q.text, *got, q.want)
		}
	}
}
