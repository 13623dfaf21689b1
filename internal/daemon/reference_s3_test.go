package daemon_test

import (
	"testing"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/servertest"
)

// TestReferenceExportToS3 has a subtest for each row of the reference page about
// exports to S3, in the page's words. The files go to a server that isn't
// MinIO's, by connections of type s3; what users may do is shown on MinIO, which
// has users with policies as AWS writes them.
func TestReferenceExportToS3(t *testing.T) {
	stack := servertest.Devstack(t)
	s := &stage{t: t, store: stack.S3, redis: servertest.Redis(t), pgURL: servertest.Postgres(t), ch: stack.ClickHouse}
	s.state, s.data = s.store.NewBucket(t), s.store.NewBucket(t)
	s.chName = servertest.ClickHouseDatabase(t, s.ch.Native)
	s.ledger = ledger.New(ledgertest.Bucket(t, s.store, s.state), "", nil)
	p := newPage(s, "s3")
	a := p.actions(servertest.MinIO(t))
	p.tables()
	p.common(a.store)
	p.connect("no-secret", p.store, p.data, p.store.AccessKey, wrongSecret)
	p.add(row{name: "Common errors/Access denied/the credentials are wrong", model: "people", path: "wrong-secret/x.csv", connection: "no-secret",
		failure: []string{"connection no-secret: ", "s3:PutObject", "SignatureDoesNotMatch", "check S3_ACCESS_KEY and S3_SECRET"}},
		row{name: "Common errors/Access denied/the credentials have no access to the bucket", model: "people", path: "no-access/x.csv", connection: "no_put",
			failure: []string{"connection no_put: ", "s3:PutObject", "AccessDenied", "grant s3:PutObject on arn:aws:s3:::" + a.data + "/*"}})
	p.open()
	p.connects()
	p.show(p.change)
	a.shown(p)
	p.alerts()
}
