package daemon_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/api"
)

// What waits beyond a run's limit is shown by the API and told to Prometheus by the
// producer that found it.
func TestABacklogIsShownAndTold(t *testing.T) {
	s := newStage(t)
	for _, key := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		s.put("in/"+key+".csv", csvEvents(0, 1))
	}
	s.push(s.events("in/*.csv", "IMPORT_SCHEDULE @auto\n"))
	url, _ := s.produce()
	get := func(path string) string {
		t.Helper()
		answer, err := http.Get(url + path) //nolint:noctx // the test's own server
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	waitFor(t, "two files wait", func() bool {
		return strings.Contains(get("/metrics"), "longshore_datasource_backlog_files{datasource=\"events\"} 2\n")
	})
	var d api.DatasourceDetail
	if err := json.Unmarshal([]byte(get("/api/v1/datasources/events")), &d); err != nil {
		t.Fatal(err)
	}
	if b := d.Backlog; b.Files != 2 || b.Bytes == 0 || b.Oldest == nil || b.ETASeconds == nil || *b.ETASeconds != 60 {
		t.Errorf("got %+v, want two files, done in a minute", b)
	}
}
