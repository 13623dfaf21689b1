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

func TestBacklogInWords(t *testing.T) {
	eta := 7384.0
	for _, c := range []struct {
		backlog api.Backlog
		want    string
	}{
		{api.Backlog{}, "-"},
		{api.Backlog{Files: 1, Bytes: 10, OldestSeconds: 59.9}, "1 file, 10 B, oldest 59s"},
		{api.Backlog{Files: 1200, Bytes: 10, OldestSeconds: 3*86400 + 4*3600 + 5, ETASeconds: &eta}, "1,200 files, 10 B, oldest 3d4h, ETA 2h3m"},
		{api.Backlog{Files: 2, Bytes: 10, OldestSeconds: 130}, "2 files, 10 B, oldest 2m10s"},
	} {
		if got := backlog(c.backlog); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
