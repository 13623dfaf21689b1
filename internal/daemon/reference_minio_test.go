package daemon_test

import (
	"testing"

	"github.com/longshore/longshore/internal/servertest"
)

// TestReferenceExportToMinIO has a subtest for each row of the reference page
// about exports to MinIO, in the page's words.
func TestReferenceExportToMinIO(t *testing.T) {
	p := newPage(newStage(t), "minio")
	p.tables()
	p.common(p.store)
	p.add(row{name: "Prerequisites/a MinIO bucket", model: "people", path: "prerequisites/x.csv", want: map[string]string{"prerequisites/x.csv": peopleBefore}})
	p.add(row{name: "Prerequisites/MinIO access key and secret key", model: "people", path: "keys/x.csv", want: map[string]string{"keys/x.csv": peopleBefore}})
	p.connect("no-bucket", p.store, "no-such-bucket", p.store.AccessKey, p.store.Secret)
	p.add(row{name: "Prerequisites/a MinIO bucket/there is none", model: "people", path: "prerequisites-none/x.csv", connection: "no-bucket",
		failure: []string{"connection no-bucket: ", "NoSuchBucket", "create the bucket, or correct its name"}})
	p.connect("no-key", p.store, p.data, "nobody", p.store.Secret)
	p.add(row{name: "Prerequisites/MinIO access key and secret key/the access key is wrong", model: "people", path: "wrong-key/x.csv", connection: "no-key",
		failure: []string{"connection no-key: ", "s3:PutObject", "InvalidAccessKeyId", "check S3_ACCESS_KEY and S3_SECRET"}})
	p.connect("no-secret", p.store, p.data, p.store.AccessKey, wrongSecret)
	p.add(row{name: "Common errors/Access denied/the credentials don't match those of the MinIO setup", model: "people", path: "wrong-secret/x.csv", connection: "no-secret",
		failure: []string{"connection no-secret: ", "s3:PutObject", "SignatureDoesNotMatch", "check S3_ACCESS_KEY and S3_SECRET"}})
	p.open()
	p.connects()
	p.show(p.change)
	p.alerts()
}

// common is what both pages say.
func (p *page) common(versions servertest.S3) {
	p.supportedSyncing()
	p.fileFormats()
	p.filenames(versions)
	p.csvOptions()
	p.columnsToSync()
	p.batchSizes()
	p.emptyResults()
	p.gzipCompression()
	p.secretBucket()
}
