package daemon_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/daemon"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/servertest"
)

var eventful = ledger.Subject{Kind: ledger.Ingest, Name: "events"}

// rows waits until the table has so many.
func (s *stage) rows(n string) {
	s.t.Helper()
	waitFor(s.t, n+" rows", func() bool {
		return one(s.t, s.clickhouse(), "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'events'") == "1" &&
			one(s.t, s.clickhouse(), "SELECT count() FROM events") == n
	})
}

// MinIO tells of objects as they are put, under keys of all kinds, and they are in
// the table though nobody lists the bucket.
func TestMinIOTellsOfObjects(t *testing.T) {
	const token = "token-of-the-store"
	address := refusedPort(t)
	store, _ := servertest.StartMinIO(t, "MINIO_NOTIFY_WEBHOOK_ENABLE_longshore=on",
		"MINIO_NOTIFY_WEBHOOK_ENDPOINT_longshore=http://"+address+"/api/v1/events/events", "MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_longshore="+token)
	s := newStage(t)
	s.store = store
	s.state, s.data = store.NewBucket(t), store.NewBucket(t)
	s.ledger = ledger.New(ledgertest.Bucket(t, store, s.state), "", nil)
	files := s.events("in/**/*.csv", "IMPORT_SCHEDULE @on-demand\nIMPORT_EVENTS webhook\nIMPORT_EVENTS_TOKEN "+token+"\n")
	s.push(files)
	s.produceAt(address)
	s.work()
	arn := "arn:minio:sqs:" + store.Region + ":longshore:webhook"
	waitFor(t, "MinIO takes the webhook", func() bool {
		_, err := store.Client().PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
			Bucket: &s.data, NotificationConfiguration: &types.NotificationConfiguration{QueueConfigurations: []types.QueueConfiguration{
				{QueueArn: &arn, Events: []types.Event{"s3:ObjectCreated:*", "s3:ObjectRemoved:*"}},
			}},
		})
		return err == nil
	})
	for i, key := range []string{"in/a b+c%2F.csv", "in/x=1/ünï&.csv", "out/no.csv", "in/plain.csv"} {
		s.put(key, csvEvents(10*i, 10))
	}
	s.rows("30")
	for _, r := range s.history(eventful) {
		if r.Trigger.By != "event" || len(r.Trigger.Keys) == 0 {
			t.Errorf("got a run by %+v, want events alone", r.Trigger)
		}
	}
}

// produceAt runs a producer on an address.
func (s *stage) produceAt(address string) {
	s.t.Helper()
	up := make(chan net.Addr, 1)
	cfg := daemon.ProducerConfig{Config: s.config(), Listen: address}
	s.spawn("producer", func(ctx context.Context, log *zap.Logger) error {
		return daemon.Producer(ctx, cfg, log, func(a net.Addr) { up <- a })
	})
	<-up
}

// A queue's messages lead to runs, through the envelopes of SNS and EventBridge
// too, twice or out of order or about nothing; each is deleted, and an object
// whose message is lost comes with the listing.
func TestAQueueTellsOfObjects(t *testing.T) {
	q := newSQS(t)
	s := newStage(t)
	s.push(s.events("in/*.csv", "IMPORT_SCHEDULE @on-demand\nIMPORT_EVENTS sqs://"+q.address+"/1/objects\n"))
	for i, key := range []string{"in/a b.csv", "in/ü.csv", "in/third.csv", "in/lost.csv"} {
		s.put(key, csvEvents(10*i, 10))
	}
	created := func(key string) string {
		return `{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"` + s.data + `"},"object":{"key":"` + key + `"}}}]}`
	}
	q.send(`{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"`+s.data+`"}`, "no JSON", created("in/gone.csv"), created("in/a+b.csv"),
		`{"Type":"Notification","Message":"`+strings.ReplaceAll(created("in/%C3%BC.csv"), `"`, `\"`)+`"}`,
		`{"detail-type":"Object Created","detail":{"bucket":{"name":"`+s.data+`"},"object":{"key":"in/third.csv"}}}`,
		created("in/a+b.csv"))
	s.produce()
	s.work()
	s.rows("30")
	waitFor(t, "the queue is empty", func() bool { return q.left() == 0 })
	q.send(created("in/a+b.csv"), created("in/third.csv"))
	waitFor(t, "the queue is empty", func() bool { return q.left() == 0 })
	s.ended(s.trigger(ledger.Ingest, "events"))
	s.rows("40")
	if got := one(t, s.clickhouse(), "SELECT uniqExact(id) FROM events"); got != "40" {
		t.Errorf("got %s ids, want each row once", got)
	}
	if bad := q.unsigned(); bad != 0 {
		t.Errorf("%d requests bore no signature for SQS", bad)
	}
}

// What can't be recorded is not deleted: the queue gives it again.
func TestAMessageIsKeptUntilItsRunIsRecorded(t *testing.T) {
	q := newSQS(t)
	s := newStage(t)
	files := s.events("in/*.csv", "IMPORT_SCHEDULE @on-demand\nIMPORT_EVENTS sqs://"+q.address+"/1/objects\n")
	away := refusedPort(t) // nobody answers there
	files["connections/away.connection"] = "TYPE clickhouse\nCLICKHOUSE_URL clickhouse://default@" + away + "/" + s.chName + "\n"
	files["longshore.yaml"] = "clickhouse: away\n"
	s.push(files)
	s.put("in/a.csv", csvEvents(0, 10))
	q.send(`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"` + s.data + `"},"object":{"key":"in/a.csv"}}}]}`)
	s.produce()
	s.work()
	waitFor(t, "the message is given again", func() bool { return q.given() > 1 })
	if got := q.left(); got != 1 {
		t.Errorf("got %d messages, want the one", got)
	}
	files["longshore.yaml"] = "clickhouse: clickhouse\n"
	s.push(files)
	s.rows("10")
	waitFor(t, "the queue is empty", func() bool { return q.left() == 0 })
}
