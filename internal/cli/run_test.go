package cli

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/api"
)

func TestPartsShowTheirWaveWhereThereAreSeveral(t *testing.T) {
	one := []api.Part{{Part: 0, State: "done"}, {Part: 1, State: "running"}}
	two := []api.Part{{Part: 0, State: "done"}, {Part: 1, Wave: 1, State: "queued", Failure: &api.Failure{Message: "no rows"}}}
	for _, c := range []struct {
		parts []api.Part
		head  string
		last  string
	}{
		{one, "PART STATE ROWS BYTES WHY", "1 running 0 0 B -"},
		{two, "PART WAVE STATE ROWS BYTES WHY", "1 1 queued 0 0 B no rows"},
	} {
		var out strings.Builder
		printParts(&out, c.parts)
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		for i, l := range lines {
			lines[i] = strings.Join(strings.Fields(l), " ")
		}
		if lines[0] != c.head || lines[len(lines)-1] != c.last {
			t.Errorf("got %q, want %q … %q", lines, c.head, c.last)
		}
	}
}
