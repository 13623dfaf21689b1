// Command allran reads what `go test -json` writes, prints what a person wants to see of it, and fails unless every
// test ran and passed: a skipped test proves nothing, so it counts as a failure.
//
//	go test -json ./... | allran
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

func main() {
	result, err := read(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "allran:", err)
		os.Exit(1)
	}
	fmt.Println(result)
	if !result.good() {
		os.Exit(1)
	}
}

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action  string
	Package string
	Test    string // empty when the event is about the whole package
	Output  string
}

// outcome counts tests, subtests included.
type outcome struct {
	passed  int
	failed  []string // tests, and packages that failed outside a test
	skipped []string
}

func (o *outcome) good() bool { return len(o.failed) == 0 && len(o.skipped) == 0 }

func (o *outcome) String() string {
	text := fmt.Sprintf("%d tests passed, %d failed, %d skipped", o.passed, len(o.failed), len(o.skipped))
	for _, name := range o.failed {
		text += "\nfailed: " + name
	}
	for _, name := range o.skipped {
		text += "\nskipped, which counts as a failure: " + name
	}
	return text
}

// read prints package results as they come, and what a test printed once it has failed or been skipped.
func read(events io.Reader, out io.Writer) (*outcome, error) {
	result := &outcome{}
	printed := map[string]string{} // by test, until its end is known
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			result.add(line, printed, out)
		}
		if err == io.EOF {
			return result, nil
		}
		if err != nil {
			return result, err
		}
	}
}

func (o *outcome) add(line []byte, printed map[string]string, out io.Writer) {
	var e event
	if json.Unmarshal(line, &e) != nil {
		fmt.Fprintf(out, "%s", line) // the go command itself speaks
		return
	}
	name := e.Package
	if e.Test != "" {
		name += " " + e.Test
	}
	switch e.Action {
	case "output", "build-output":
		if e.Test == "" {
			fmt.Fprint(out, e.Output)
		} else {
			printed[name] += e.Output
		}
		return
	case "pass":
		if e.Test != "" {
			o.passed++
		}
	case "fail":
		o.failed = append(o.failed, name)
		fmt.Fprint(out, printed[name])
	case "skip":
		if e.Test != "" { // a package is "skipped" when it holds no tests
			o.skipped = append(o.skipped, name)
			fmt.Fprint(out, printed[name])
		}
	default: // run, pause, cont, start, bench, build-fail: their effect is told by what follows
		return
	}
	delete(printed, name)
}
