package all_test

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format/all"
)

func TestLookup(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range all.Writers() {
		name := w.Traits().Name
		if got, err := all.Writer(name); err != nil || got != w {
			t.Errorf("writer %q: got %v, %v", name, got, err)
		}
		if ext := w.Traits().Extension; seen[name] || seen[ext] {
			t.Errorf("two formats are named %q or end in %q", name, ext)
		}
		seen[name], seen[w.Traits().Extension] = true, true
	}
	for _, r := range all.Readers() {
		name := r.Traits().Name
		if got, err := all.Reader(name); err != nil || got != r {
			t.Errorf("reader %q: got %v, %v", name, got, err)
		}
	}
}

// TestUnknown wants the error to list what would be right; JSON arrays are
// written only.
func TestUnknown(t *testing.T) {
	_, err := all.Writer("xml")
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "csv, json, ndjson, parquet") {
		t.Errorf("got error %v, want one of kind invalid that lists the formats", err)
	}
	_, err = all.Reader("json")
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("got error %v, want one of kind invalid", err)
	}
	for _, r := range all.Readers() {
		if name := r.Traits().Name; !strings.Contains(err.Error(), name) {
			t.Errorf("got error %v, want one that lists %s", err, name)
		}
	}
}
