package daemon_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/objstore"
)

// twoGB is the first number of bytes that a signed 32-bit number can't say.
const twoGB = 1 << 31

// largeRows is how many rows of a kilobyte are more than twoGB.
const largeRows = 2_200_000

// mostMemory is what a worker with two parts takes, as docs/configuration.md has
// it, and half as much again, in MiB.
const mostMemory = 256 * 3 / 2

// large makes them as they are read; no table holds them.
var large = fmt.Sprintf("select i as id, repeat(md5(i::text), 32) as note from generate_series(1, %d) i", largeRows)

// How each side sums up such rows, in any order: their number, and the sum of the
// first 60 bits of a hash of each.
const (
	largeInPostgres   = "select count(*) || ' ' || sum(('x' || substr(md5(id || note), 1, 15))::bit(60)::bigint) from (%s) q"
	largeInClickHouse = "select concat(count(), ' ', sum(toUInt128(bitShiftRight(reinterpretAsUInt64(reverse(substring(" +
		"MD5(concat(toString(id), note)), 1, 8))), 4)))) from %s"
)

// More than 2 GB by four parts, with four actions on one bucket: the object is
// whole and nothing is left beside it, nor when the run is canceled midway.
func TestMinimalPermissionsDoForALargeObject(t *testing.T) {
	s := newStage(t)
	user, secret := s.store.AddUser(t, s.policy(
		"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:ListBucketMultipartUploads"))
	files := map[string]string{
		"connections/four.connection": s.minioConnection(s.store.Endpoint, s.data, user, secret),
		"models/large.yaml":           "connection: postgres\nsql: " + large + "\npartition: {column: id, count: 4}\n",
	}
	for _, name := range []string{"large", "stopped"} {
		files["syncs/"+name+".yaml"] = fmt.Sprintf("model: large\nmode: all\ndestination:\n  connection: four\n  path: %s.csv\n  format: csv\n", name)
	}
	s.push(files)
	s.start("producer")
	workers := s.startWorkers(2)
	s.writesLarge("large", workers)
	s.stopsLarge("stopped")
	for _, p := range workers { // each wrote about half of the object
		if peak := p.peak(); peak > mostMemory {
			t.Errorf("a worker held %d MiB, want %d at most", peak, mostMemory)
		}
	}
	if keys := s.keys(); !slices.Equal(keys, []string{"large.csv"}) {
		t.Errorf("the bucket has %v", keys)
	}
}

// writesLarge has the sync write its object, and reads it back.
func (s *stage) writesLarge(name string, workers []*process) {
	s.t.Helper()
	s.remove(name + ".csv")
	start := time.Now()
	r := s.done(ledger.Export, name)
	took := time.Since(start)
	o := s.written(r)
	if r.Parts != 4 || wroteAll(s.t, workers, s.parts(r)) != len(workers) || r.Totals.Rows != largeRows || o.Bytes <= twoGB {
		s.t.Errorf("got %d parts, %d rows, %d bytes; want 4 by %d processes, %d, more than %d",
			r.Parts, r.Totals.Rows, o.Bytes, len(workers), largeRows, twoGB)
	}
	s.noUploads(o.Key)
	if _, pieces, ok := strings.Cut(o.ETag, "-"); !ok || pieces != fmt.Sprint(len(o.Pieces)) {
		s.t.Errorf("got ETag %s for %d pieces", o.ETag, len(o.Pieces))
	}
	head, err := s.store.Client().HeadObject(s.t.Context(), &s3.HeadObjectInput{Bucket: &s.data, Key: &o.Key})
	if err != nil {
		s.t.Fatal(err)
	}
	if *head.ContentLength != o.Bytes || strings.Trim(*head.ETag, `"`) != o.ETag {
		s.t.Errorf("the store has %d bytes with ETag %s; the manifest says %d and %s", *head.ContentLength, *head.ETag, o.Bytes, o.ETag)
	}
	s.readsLarge(o)
	peaks := make([]int, len(workers))
	for i, p := range workers {
		peaks[i] = p.peak()
	}
	s.t.Logf("%d bytes in %d pieces after %.1f s: %.0f MB/s; the workers held %v MiB at most",
		o.Bytes, len(o.Pieces), took.Seconds(), float64(o.Bytes)/1e6/took.Seconds(), peaks)
}

// readsLarge wants the rows of the model in the object, by two readers.
func (s *stage) readsLarge(o export.Object) {
	s.t.Helper()
	lines := new(lineCount)
	s.fetch(o, lines)
	if int(*lines) != largeRows+1 {
		s.t.Errorf("got %d lines, want a header and %d", *lines, largeRows)
	}
	got := one(s.t, s.clickhouse(), fmt.Sprintf(largeInClickHouse, s.s3(o.Key, "CSVWithNames", "id Int64, note String")))
	if want := one(s.t, s.postgres(), fmt.Sprintf(largeInPostgres, large)); got != want {
		s.t.Errorf("ClickHouse reads %s, want %s", got, want)
	}
}

// stopsLarge cancels a run when it has uploaded a quarter of its object.
func (s *stage) stopsLarge(name string) {
	s.t.Helper()
	key := name + ".csv"
	id := s.trigger(ledger.Export, name)
	waitFor(s.t, "a quarter is uploaded", func() bool { return s.uploaded(key) > twoGB/4 })
	start := time.Now()
	if err := s.ledger.RequestCancel(s.t.Context(), id); err != nil {
		s.t.Fatal(err)
	}
	r := s.ended(id)
	if r.State != ledger.Canceled {
		s.t.Fatalf("run is %s: %+v", r.State, r.Failure)
	}
	s.noUploads(key)
	s.t.Logf("canceled and without an upload %s after it was asked to stop", time.Since(start).Round(10*time.Millisecond))
}

// uploaded returns how many bytes the open uploads of a key have, with the owner's
// eyes. Parts that begin together open one each, of which all but one are aborted.
func (s *stage) uploaded(key string) (n int64) {
	s.t.Helper()
	bucket := s.bucket(s.data)
	for u, err := range bucket.ListUploads(s.t.Context(), key) {
		if err != nil {
			s.t.Fatal(err)
		}
		pieces, err := bucket.ListPieces(s.t.Context(), key, u.ID)
		if err != nil && !errors.Is(err, objstore.ErrNoUpload) {
			s.t.Fatal(err)
		}
		for _, p := range pieces {
			n += p.Size
		}
	}
	return n
}

// lineCount is how many lines are written to it.
type lineCount int

func (c *lineCount) Write(p []byte) (int, error) {
	*c += lineCount(bytes.Count(p, []byte("\n")))
	return len(p), nil
}
