package daemon_test

import (
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/objstore"
)

const listingMemory = 150 // MiB: the peak of a producer's resident set

// Listing many keys and comparing them with the file ledger takes little memory,
// whether all of them are new or none is, one request per thousand keys, and one
// question to ClickHouse for each of these.
//
// LONGSHORE_PROVE_KEYS is the number of keys, 2000 unless it is set.
func TestAListingInLittleMemory(t *testing.T) {
	keys := 2000
	if v := os.Getenv("LONGSHORE_PROVE_KEYS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1000 {
			t.Fatalf("LONGSHORE_PROVE_KEYS is %q, want a number from 1000 on", v)
		}
		keys = n
	}
	s := newStage(t)
	producer := s.start("producer")
	begun := time.Now()
	s.fillKeys(keys)
	t.Logf("%d objects made in %.0f s", keys, time.Since(begun).Seconds())
	lists := s.countLists()
	s.push(map[string]string{
		"longshore.yaml":               "clickhouse: clickhouse\n",
		"connections/seen.connection":  "TYPE minio\nS3_ENDPOINT " + lists.url + "\nS3_REGION " + s.store.Region + "\nS3_ACCESS_KEY " + s.store.AccessKey + "\nS3_SECRET " + s.store.Secret + "\nS3_PATH_STYLE true\n",
		"datasources/many.datasource":  "SCHEMA >\n    `id` UInt64\n\nENGINE \"MergeTree\"\nENGINE_SORTING_KEY \"id\"\n\nIMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME seen\nIMPORT_BUCKET_URI s3://" + s.data + "/in/**/*.ndjson\n",
		"datasources/first.datasource": "SCHEMA >\n    `id` UInt64\n\nIMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME seen\nIMPORT_BUCKET_URI s3://" + s.data + "/none/*\n",
	})
	s.ended(s.trigger(ledger.Ingest, "first")) // makes the tables, and shows what the producer takes anyway
	t.Logf("peak RSS of the producer before: %d MiB", producer.peak())

	for _, known := range []bool{false, true} {
		if known {
			s.knowKeys()
		}
		lists.made.Store(0)
		asked := s.selects()
		id := s.trigger(ledger.Ingest, "many")
		r := s.until(id, "planned", func(r ledger.Run) bool { return r.State == ledger.Running || r.State.Final() })
		planned := time.Since(r.StartedAt)
		asked = s.selects() - asked
		t.Logf("%d keys, known: %v: %d parts planned in %.2f s; %d listings, about %d questions to ClickHouse; peak RSS of the producer %d MiB",
			keys, known, r.Parts, planned.Seconds(), lists.made.Load(), asked, producer.peak())
		if most := int64(keys/1000 + 2); lists.made.Load() > most {
			t.Errorf("got %d listings, want %d at most", lists.made.Load(), most)
		}
		if (r.Parts == 0) != known {
			t.Errorf("known %v: got %d parts", known, r.Parts)
		}
		if !known {
			if err := s.ledger.RequestCancel(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		s.ended(id)
	}
	if got := producer.peak(); got >= listingMemory {
		t.Errorf("the producer held %d MiB, want less than %d", got, listingMemory)
	}
}

// fillKeys puts objects of a row each, a thousand to a folder.
func (s *stage) fillKeys(n int) {
	s.t.Helper()
	b := s.bucket(s.data)
	group, ctx := errgroup.WithContext(s.t.Context())
	group.SetLimit(32)
	for i := range n {
		group.Go(func() error {
			_, err := b.Put(ctx, fmt.Sprintf("in/%05d/a file of some length-%08d.ndjson", i/1000, i), fmt.Appendf(nil, "{\"id\":%d}\n", i), objstore.PutOptions{})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		s.t.Fatal(err)
	}
}

// knowKeys records all files of the bucket as ingested.
func (s *stage) knowKeys() {
	s.t.Helper()
	house, err := clickhouse.Open(clickhouse.Config{Name: "test", URL: def.NewSecret(s.clickhouseURL())})
	if err != nil {
		s.t.Fatal(err)
	}
	defer house.Close()
	var files []clickhouse.FileRecord
	record := func(least int) {
		if len(files) <= least {
			return
		}
		if err := house.RecordFiles(s.t.Context(), files); err != nil {
			s.t.Fatal(err)
		}
		files = nil
	}
	for obj, err := range s.bucket(s.data).List(s.t.Context(), "in/", "") {
		if err != nil {
			s.t.Fatal(err)
		}
		files = append(files, clickhouse.FileRecord{
			Datasource: "many", Key: obj.Key, ETag: obj.ETag, Size: obj.Size, Modified: obj.Modified, State: clickhouse.FileDone, Rows: 1,
		})
		record(9_999)
	}
	record(0)
}

// selects is how many SELECTs the ClickHouse was asked so far.
func (s *stage) selects() int {
	s.t.Helper()
	n, err := strconv.Atoi(one(s.t, s.clickhouse(), "SELECT toInt64(sum(value)) FROM system.events WHERE event = 'SelectQuery'"))
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// tally is a way to the store on which listings are counted.
type tally struct {
	url  string
	made atomic.Int64
}

func (s *stage) countLists() *tally {
	s.t.Helper()
	behind, err := url.Parse(s.store.Endpoint)
	if err != nil {
		s.t.Fatal(err)
	}
	c := new(tally)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind)
		r.Out.Host = r.In.Host // it is signed
		if strings.Contains(r.In.URL.RawQuery, "list-type=2") {
			c.made.Add(1)
		}
	}, ErrorLog: zap.NewStdLog(zap.NewNop())} // whose caller goes needs no answer
	server := httptest.NewServer(proxy)
	s.t.Cleanup(server.Close)
	c.url = server.URL
	return c
}
