package servertest

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/redis/go-redis/v9"
)

func TestClickHouseComesBackWhenKilled(t *testing.T) {
	ch, server := StartClickHouse(t)
	execClickHouse(t, ch.Native, "CREATE TABLE kept (n UInt64) ENGINE = MergeTree ORDER BY n")
	execClickHouse(t, ch.Native, "INSERT INTO kept SELECT number FROM numbers(1000)")
	server.Kill(t)
	server.Restart(t)
	if got := countClickHouse(t, ch.Native, "kept"); got != 1000 {
		t.Fatalf("after the restart got %d rows, want 1000", got)
	}
}

func TestClickHouseIsModern(t *testing.T) {
	ch := ClickHouse(t)
	response, err := http.Post(ch.HTTP, "text/plain", strings.NewReader("SELECT version()"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	version, err := io.ReadAll(response.Body)
	if err != nil || !strings.HasPrefix(string(version), "26.") {
		t.Fatalf("got version %q, %v, want 26", version, err)
	}
}

func TestClickHouseDatabaseIsFresh(t *testing.T) {
	ch := ClickHouse(t)
	for range 2 {
		execClickHouse(t, ch.Native, "CREATE TABLE "+ClickHouseDatabase(t, ch.Native)+".fresh (n UInt8) ENGINE = Memory")
	}
}

func TestDevstackIsThreeServers(t *testing.T) {
	stack, server := StartDevstack(t)
	bucket := stack.S3.NewBucket(t)
	execClickHouse(t, stack.ClickHouse.Native, "SELECT 1")
	client := redis.NewClient(&redis.Options{Addr: stack.RedisAddr})
	t.Cleanup(func() { client.Close() })

	server.Kill(t)
	server.Restart(t)
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Errorf("redis, after the restart: %v", err)
	}
	if _, err := stack.S3.Client().HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &bucket}); err != nil {
		t.Errorf("s3, after the restart: bucket %s: %v", bucket, err)
	}
}
