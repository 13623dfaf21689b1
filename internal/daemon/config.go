package daemon

import (
	"errors"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ingest"
	"github.com/longshore/longshore/internal/queue"
	"github.com/longshore/longshore/internal/task"
	"github.com/longshore/longshore/internal/telemetry"
	"github.com/longshore/longshore/pkg/fault"
)

// Config is what every daemon reads from its environment.
type Config struct {
	Queue queue.Config
	Log   telemetry.LogConfig
	State StateConfig
	// ClickHouse is the URL of the ClickHouse for datasources that name none.
	ClickHouse string `env:"LONGSHORE_CLICKHOUSE_URL" json:"-"`
	// SecretsDir is a folder with a file for each secret. Empty is none: secrets
	// are then in the environment.
	SecretsDir string `env:"LONGSHORE_SECRETS_DIR"`
	// ShutdownTimeout is how long work under way may go on after SIGTERM.
	ShutdownTimeout time.Duration `env:"LONGSHORE_SHUTDOWN_TIMEOUT" envDefault:"50s"`
	// ProfileListen is the address of Go's /debug/pprof/; empty for none. Who reaches
	// it reads memory's contents in part, so it is a loopback address.
	ProfileListen string `env:"LONGSHORE_PPROF_LISTEN"`
	// Now is the clock that schedules go by, in any zone; nil is the system's.
	Now func() time.Time `json:"-"`
}

// StateConfig is the bucket of the ledger.
type StateConfig struct {
	// URI is s3://bucket/prefix.
	URI string `env:"LONGSHORE_STATE_URI,required"`
	// Endpoint is the URL of a store that isn't AWS.
	Endpoint string `env:"LONGSHORE_S3_ENDPOINT"`
	Region   string `env:"LONGSHORE_S3_REGION"`
	// AccessKey and Secret are empty for the AWS default chain.
	AccessKey string `env:"LONGSHORE_S3_ACCESS_KEY"`
	Secret    string `env:"LONGSHORE_S3_SECRET" json:"-"`
	PathStyle bool   `env:"LONGSHORE_S3_PATH_STYLE"`
}

// ProducerConfig is what a producer reads from its environment.
type ProducerConfig struct {
	Config
	// Listen is the address of the API.
	Listen string `env:"LONGSHORE_LISTEN" envDefault:":8080"`
	// Token is what callers of the API must bear. It may be empty only where
	// Listen is a loopback address.
	Token string `env:"LONGSHORE_API_TOKEN" json:"-"`
	// ProjectDir is a folder with a project, which is pushed when it changes.
	// Empty leaves pushing to people.
	ProjectDir string `env:"LONGSHORE_PROJECT_DIR"`
	// RangeBytes is how wide the ranges of a large file are at most that is ingested
	// by many parts. Zero is 256 MiB.
	RangeBytes Size `env:"LONGSHORE_RANGE_BYTES" envDefault:"256MiB"`
	// ChunkBytes is how much of a file one INSERT has at most, which ClickHouse holds
	// in memory. Zero is 256 MiB.
	ChunkBytes ChunkSize `env:"LONGSHORE_CHUNK_BYTES" envDefault:"256MiB"`
}

// WorkerConfig is what a worker reads from its environment.
type WorkerConfig struct {
	Config
	// Queues is how many tasks of each queue run at a time: "export=2,ingest=2".
	Queues Queues `env:"LONGSHORE_QUEUES" envDefault:"export=2,ingest=2,backfill=1"`
	// DiffMemory is how much of the rows that it compares a part holds at a time.
	DiffMemory Size `env:"LONGSHORE_DIFF_MEMORY" envDefault:"64MiB"`
	// HealthListen is the address of /healthz and /readyz; empty or "off" for none.
	HealthListen string `env:"LONGSHORE_HEALTH_LISTEN" envDefault:":8081"`
}

// Queues is how many tasks of each queue a worker does at a time.
type Queues map[string]int

// UnmarshalText reads "export=2,ingest=1".
func (q *Queues) UnmarshalText(text []byte) error {
	*q = Queues{}
	for entry := range strings.SplitSeq(string(text), ",") {
		name, count, _ := strings.Cut(strings.TrimSpace(entry), "=")
		n, err := strconv.Atoi(count)
		if err != nil || n < 0 || !slices.Contains(task.Queues(), name) {
			return fault.New(fault.Invalid, "queue %q: write name=count, with a name among %s", entry, strings.Join(task.Queues(), ", "))
		}
		(*q)[name] = n
	}
	return nil
}

// Size is a number of bytes.
type Size int64

// minSize keeps parts from writing a file for every few rows, and files from
// being split into crumbs.
const minSize = 4 << 20

// UnmarshalText reads "64MiB".
func (s *Size) UnmarshalText(text []byte) error {
	n, ok := def.ParseSize(string(text))
	if !ok || n < minSize {
		return fault.New(fault.Invalid, "size %q: write a number of bytes such as 64MiB, 4MiB at least", text)
	}
	*s = Size(n)
	return nil
}

// ChunkSize is how many bytes of a file a chunk has.
type ChunkSize int64

// minChunkSize is a block.
const minChunkSize = 16 << 20

// UnmarshalText reads "256MiB".
func (s *ChunkSize) UnmarshalText(text []byte) error {
	n, ok := def.ParseSize(string(text))
	if !ok || n < minChunkSize || n > ingest.MaxChunkBytes {
		return fault.New(fault.Invalid, "size %q: write a number of bytes such as 64MiB, 16MiB at least and 1GiB at most", text)
	}
	*s = ChunkSize(n)
	return nil
}

// elsewhere are variables of ours that other programs read.
var elsewhere = []string{
	"LONGSHORE_API", "LONGSHORE_API_TOKEN", "LONGSHORE_CLICKHOUSE_HTTP_URL", "LONGSHORE_CACHE", "LONGSHORE_LISTEN", "LONGSHORE_PROJECT_DIR",
	"LONGSHORE_RANGE_BYTES", "LONGSHORE_CHUNK_BYTES",
	"LONGSHORE_QUEUES", "LONGSHORE_DIFF_MEMORY", "LONGSHORE_HEALTH_LISTEN",
}

// Load reads a configuration from the environment. The error, of kind Invalid,
// says all that is wrong, a line each; variables of ours that nothing reads are
// wrong too. (So secrets are better not called LONGSHORE_ANYTHING.)
func Load[T any]() (T, error) {
	var cfg T
	var all []error
	if err := env.Parse(&cfg); err != nil {
		var many env.AggregateError
		if errors.As(err, &many) {
			for _, e := range many.Errors {
				all = append(all, named(e, reflect.TypeFor[T]()))
			}
		} else {
			all = append(all, err)
		}
	}
	known := append(slices.Sorted(maps.Values(variables(reflect.TypeFor[T]()))), elsewhere...)
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "LONGSHORE_") && !slices.Contains(known, name) {
			all = append(all, fault.New(fault.Invalid, "%s is not a variable of this program", name))
		}
	}
	if len(all) == 0 {
		return cfg, nil
	}
	return cfg, fault.New(fault.Invalid, "environment: %w", errors.Join(all...))
}

// named says which variable an error is about, where it only names our field.
func named(err error, t reflect.Type) error {
	var parse env.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	return fault.New(fault.Invalid, "%s: %w", variables(t)[parse.Name], parse.Err)
}

// variables returns the variables that a configuration is read from, by field.
func variables(t reflect.Type) map[string]string {
	all := map[string]string{}
	for i := range t.NumField() {
		f := t.Field(i)
		if tag, ok := f.Tag.Lookup("env"); ok {
			all[f.Name], _, _ = strings.Cut(tag, ",")
		} else if f.Type.Kind() == reflect.Struct {
			maps.Copy(all, variables(f.Type))
		}
	}
	return all
}
