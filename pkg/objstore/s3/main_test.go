package s3_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

func TestMain(m *testing.M) {
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	servertest.Main(m)
}

// config is a new bucket of MinIO as its owner reaches it.
func config(t testing.TB) s3.Config {
	t.Helper()
	return configOf(t, servertest.MinIO(t))
}

// inEachStore runs a test with a new bucket of each S3 that we have.
func inEachStore(t *testing.T, test func(*testing.T, s3.Config)) {
	t.Run("minio", func(t *testing.T) { test(t, config(t)) })
	t.Run("devstack", func(t *testing.T) { test(t, configOf(t, servertest.Devstack(t).S3)) })
}

func configOf(t testing.TB, store servertest.S3) s3.Config {
	t.Helper()
	return s3.Config{
		Name: "lake", Bucket: store.NewBucket(t), Region: store.Region, Endpoint: store.Endpoint, PathStyle: true,
		AccessKey: store.AccessKey, SecretKey: s3.NewSecret(store.Secret),
	}
}

func open(t testing.TB, cfg s3.Config) *s3.Bucket {
	t.Helper()
	b, err := s3.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// wantFault fails the test unless err has the kind, is one line and holds all the texts.
func wantFault(t testing.TB, err error, kind fault.Kind, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want kind %v", kind)
	}
	if got := fault.KindOf(err); got != kind {
		t.Errorf("got kind %v, want %v: %v", got, kind, err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("got more than one line: %q", err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("got %q, want %q in it", err, text)
		}
	}
}

// content is n bytes that don't repeat.
func content(n int) []byte {
	var b bytes.Buffer
	source := rand.NewChaCha8([32]byte{7})
	for b.Len() < n {
		var chunk [4096]byte
		source.Read(chunk[:])
		b.Write(chunk[:])
	}
	return b.Bytes()[:n]
}
