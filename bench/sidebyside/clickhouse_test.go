package sidebyside_test

import (
	"bytes"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"time"

	"github.com/longshore/longshore/bench/report"
)

// query has ClickHouse 26 do something and returns what it says.
func (c *cluster) query(statement string) string {
	c.t.Helper()
	answer, err := http.Post(c.ch.HTTP, "text/plain", strings.NewReader(statement))
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %s %v\n%s", statement, answer.Status, err, body)
	}
	return strings.TrimSpace(string(body))
}

// measured is query, measured.
func (c *cluster) measured(statement string) report.Measure {
	c.t.Helper()
	since := c.processes.begin(c.t)
	start := time.Now()
	c.query(statement)
	m := report.Measure{Seconds: time.Since(start).Seconds()}
	c.processes.end(c.t, since, &m)
	return m
}

// queryOld has ClickHouse 18.16 do something.
func (c *cluster) queryOld(statement string) string {
	c.t.Helper()
	cmd := exec.Command("clickhouse-client", append(c.clientArgs(), "--query", statement)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", statement, err, stderr.Bytes())
	}
	return strings.TrimSpace(string(out))
}

func (c *cluster) clientArgs() []string {
	host, port, _ := strings.Cut(c.old, ":")
	return []string{"--host", host, "--port", port}
}
