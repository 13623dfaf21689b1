package sidebyside_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
)

// profile has the worker profiled until the function that it returns is called, if BENCH_PROFILES names a folder for that: a CPU profile
// for each sync and datasource, of its last run. What is profiled is a little slower.
func (c *cluster) profile(name string) (done func()) {
	c.t.Helper()
	dir := os.Getenv("BENCH_PROFILES")
	if dir == "" {
		return func() {}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		c.t.Fatal(err)
	}
	var reading sync.WaitGroup
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.profiles+"profile?seconds=5", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	reading.Go(func() {
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			c.t.Error(err)
			return
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name+".pprof"), body, 0o600)
		}
		if err != nil {
			c.t.Error(err)
		}
	})
	return reading.Wait
}
