package main

import (
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	const pass = `{"Action":"pass","Package":"p","Test":"TestGood"}` + "\n"
	tests := []struct {
		name, events string
		good         bool
		prints       string
	}{
		{"all passed", pass, true, ""},
		{"package without tests", pass + `{"Action":"skip","Package":"q"}`, true, ""},
		{"skipped", `{"Action":"output","Package":"p","Test":"TestDB","Output":"no server\n"}` + "\n" +
			`{"Action":"skip","Package":"p","Test":"TestDB"}`, false, "no server\n"},
		{"failed", `{"Action":"output","Package":"p","Test":"TestDB","Output":"got 1\n"}` + "\n" +
			`{"Action":"fail","Package":"p","Test":"TestDB"}`, false, "got 1\n"},
		{"what a passing test prints is dropped", `{"Action":"output","Package":"p","Test":"TestGood","Output":"x"}` +
			"\n" + pass, true, ""},
		{"package result", `{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}`, true, "ok  \tp\t0.1s\n"},
		{"build failure", `{"ImportPath":"p","Action":"build-output","Output":"p.go:1: oops\n"}` + "\n" +
			`{"Action":"fail","Package":"p"}`, false, "p.go:1: oops\n"},
		{"the go command's own words", "go: no such module\n", true, "go: no such module\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			result, err := read(strings.NewReader(test.events), &out)
			if err != nil {
				t.Fatal(err)
			}
			if result.good() != test.good {
				t.Errorf("got good %v, want %v (%v)", result.good(), test.good, result)
			}
			if out.String() != test.prints {
				t.Errorf("got output %q, want %q", out.String(), test.prints)
			}
		})
	}
}
