package daemon

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/pkg/fault"
)

func setEnv(t *testing.T, env map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "LONGSHORE_") {
			t.Setenv(name, "") // restores it
			os.Unsetenv(name)
		}
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
}

func TestLoad(t *testing.T) {
	setEnv(t, map[string]string{
		"LONGSHORE_STATE_URI": "s3://state/x", "LONGSHORE_QUEUES": "export=3, ingest=0", "LONGSHORE_SHUTDOWN_TIMEOUT": "60s",
		"LONGSHORE_REDIS_ADDR": "a:1,b:2",
	})
	cfg, err := Load[WorkerConfig]()
	if err != nil {
		t.Fatal(err)
	}
	if cfg.State.URI != "s3://state/x" || cfg.ShutdownTimeout != time.Minute || cfg.Queues["export"] != 3 || cfg.Queues["ingest"] != 0 ||
		!slices.Equal(cfg.Queue.Addrs, []string{"a:1", "b:2"}) || cfg.HealthListen != ":8081" {
		t.Errorf("got %+v", cfg)
	}
}

func TestChunkSizes(t *testing.T) {
	for text, want := range map[string]ChunkSize{"16MiB": 16 << 20, "1GiB": 1 << 30, "15MiB": 0, "2GiB": 0, "large": 0} {
		setEnv(t, map[string]string{"LONGSHORE_STATE_URI": "s3://state/x", "LONGSHORE_CHUNK_BYTES": text})
		cfg, err := Load[ProducerConfig]()
		if want == 0 && !fault.Is(err, fault.Invalid) || want > 0 && (err != nil || cfg.ChunkBytes != want) {
			t.Errorf("%s: got %d, %v", text, cfg.ChunkBytes, err)
		}
	}
}

func TestLoadTellsAllMistakes(t *testing.T) {
	setEnv(t, map[string]string{
		"LONGSHORE_QUEUES": "imports=2", "LONGSHORE_SHUTDOWN_TIMEOUT": "soon", "LONGSHORE_REDIS_ADR": "x",
	})
	_, err := Load[WorkerConfig]()
	if !fault.Is(err, fault.Invalid) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"LONGSHORE_STATE_URI", `queue "imports=2"`, "LONGSHORE_SHUTDOWN_TIMEOUT", "LONGSHORE_REDIS_ADR is not"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error doesn't mention %s:\n%v", want, err)
		}
	}
}

func TestTheDocumentListsEveryVariable(t *testing.T) {
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(LONGSHORE_[A-Z0-9_]+)`").FindAllStringSubmatch(string(page), -1) {
		documented = append(documented, m[1])
	}
	all := variables(reflect.TypeFor[ProducerConfig]())
	maps.Copy(all, variables(reflect.TypeFor[WorkerConfig]()))
	known := slices.Sorted(maps.Values(all))
	slices.Sort(documented)
	if known = slices.Compact(known); !slices.Equal(documented, known) {
		t.Errorf("documented:\n%s\nknown:\n%s", strings.Join(documented, "\n"), strings.Join(known, "\n"))
	}
}
