package telemetry_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/connection"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/internal/telemetry"
)

func TestMain(m *testing.M) { servertest.Main(m) }

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// metrics scrapes our own metrics of a producer that leads or doesn't.
func metrics(t *testing.T, l *ledger.Ledger, leads bool) []string {
	t.Helper()
	doors := connection.New(l, connection.Secrets{}, "")
	defer doors.Close()
	server := httptest.NewServer(telemetry.Metrics(telemetry.NewBacklog(telemetry.BacklogConfig{
		Ledger: l, Project: doors.Project, Leads: func() bool { return leads }, Log: zap.NewNop(),
	})))
	defer server.Close()
	answer, err := http.Get(server.URL) //nolint:noctx // the test's own server
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status, err)
	}
	var lines []string
	for line := range strings.Lines(string(body)) {
		if strings.HasPrefix(line, "longshore_") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func push(t *testing.T, l *ledger.Ledger, names ...string) {
	t.Helper()
	files := map[string][]byte{"connections/minio.connection": []byte("TYPE minio\nS3_ENDPOINT http://127.0.0.1:1\n")}
	for _, name := range names {
		files["datasources/"+name+".datasource"] = []byte("SCHEMA >\n    `id` UInt64\n\nIMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME minio\nIMPORT_BUCKET_URI s3://bucket/*\n")
	}
	current, err := l.CurrentProjectID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.SaveProject(t.Context(), files, current); err != nil {
		t.Fatal(err)
	}
}

func TestTheLeaderTellsTheBacklog(t *testing.T) {
	l := ledgertest.New(t, func() time.Time { return noon })
	if got := metrics(t, l, true); len(got) != 0 {
		t.Errorf("before the first push: got %q", got)
	}
	push(t, l, "orders", "visits", "never")
	for name, b := range map[string]ledger.Backlog{"orders": {Files: 3, Bytes: 900, Oldest: noon.Add(-90 * time.Second)}, "visits": {}, "gone": {Files: 9}} {
		_, err := l.UpdateSubject(t.Context(), ledger.Subject{Kind: ledger.Ingest, Name: name}, func(r *ledger.SubjectRecord) error {
			r.Backlog, r.LastScanAt = b, noon
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		`longshore_datasource_backlog_bytes{datasource="orders"} 900`, `longshore_datasource_backlog_bytes{datasource="visits"} 0`,
		`longshore_datasource_backlog_files{datasource="orders"} 3`, `longshore_datasource_backlog_files{datasource="visits"} 0`,
		`longshore_datasource_backlog_oldest_seconds{datasource="orders"} 90`, `longshore_datasource_backlog_oldest_seconds{datasource="visits"} 0`,
		`longshore_datasource_last_scan_timestamp_seconds{datasource="orders"} 1.795176e+09`, `longshore_datasource_last_scan_timestamp_seconds{datasource="visits"} 1.795176e+09`,
	}
	if got := metrics(t, l, true); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := metrics(t, l, false); len(got) != 0 {
		t.Errorf("one that doesn't lead: got %q", got)
	}
}

var update = flag.Bool("update", false, "rewrite the table of docs/metrics.md")

// The table of docs/metrics.md is what the code tells.
func TestMetricsAreDocumented(t *testing.T) {
	b := telemetry.NewBacklog(telemetry.BacklogConfig{
		Project: func(context.Context, ledger.ProjectID) (*def.Project, error) { return nil, nil },
	})
	descs := make(chan *prometheus.Desc, 100)
	b.Describe(descs)
	close(descs)
	shape := regexp.MustCompile(`fqName: "([^"]*)", help: "([^"]*)", .*variableLabels: \{([^}]*)\}`)
	table := ""
	for d := range descs {
		m := shape.FindStringSubmatch(d.String())
		if m == nil {
			t.Fatalf("got %s", d)
		}
		table += fmt.Sprintf("| `%s` | gauge | %s | %s |\n", m[1], m[3], m[2])
	}
	const file = "../../docs/metrics.md"
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := regexp.MustCompile(`(?m)(^\|---.*\n)((?:^\| .*\n)*)`)
	if *update {
		doc = at.ReplaceAll(doc, []byte("${1}"+strings.ReplaceAll(table, "$", "$$")))
		if err := os.WriteFile(file, doc, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(string(doc), table) {
		t.Errorf("docs/metrics.md lacks\n%srefresh it with go test ./internal/telemetry -run Documented -update", table)
	}
}
