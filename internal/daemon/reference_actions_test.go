package daemon_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/servertest"
)

// samplePolicy is the page's, verbatim.
const samplePolicy = `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Sample",
            "Effect": "Allow",
            "Action": [
              "s3:PutObject",
              "s3:AbortMultipartUpload",
              "s3:ListMultipartUploadParts",
              "s3:ListBucketMultipartUploads"
            ],
            "Resource": [
              "arn:aws:s3:::${bucketName}/*",
              "arn:aws:s3:::${bucketName}"
            ]
        }
    ]
}`

// actions are the four that the page asks for, in a bucket whose users have all
// of them, or all but one.
type actions struct {
	*stage
	gone string // a bucket that isn't there
}

// gate holds back the reader of a model that asks for it.
const (
	gate       = 4711
	gatedQuery = "select i as id, repeat(md5(i::text), 4) as note, case when i = 360000 then pg_advisory_xact_lock_shared(4711)::text end as gate " +
		"from generate_series(1, 370000) i"
)

// actions adds the connections and syncs that show the actions.
func (p *page) actions(store servertest.S3) *actions {
	p.t.Helper()
	a := &actions{stage: p.in(p.t)}
	a.store, a.data = store, store.NewBucket(p.t)
	a.gone = a.data + "-gone"
	for name, without := range map[string]string{
		"sample": "", "no_put": "s3:PutObject", "no_abort": "s3:AbortMultipartUpload", "no_parts": "s3:ListMultipartUploadParts",
		"sample_gone": "", "no_uploads_gone": "s3:ListBucketMultipartUploads",
	} {
		bucket := a.data
		if strings.HasSuffix(name, "_gone") {
			bucket = a.gone
		}
		key, secret := store.AddUser(p.t, policyWithout(without, bucket))
		p.connect(name, store, bucket, key, secret)
	}
	key, secret := store.AddUser(p.t, a.policy("s3:PutObject"))
	p.connect("only_put", store, a.data, key, secret)
	p.model("small", smallQuery, "")
	p.model("large", largeQuery, "")
	p.model("broken", brokenQuery, "")
	p.model("gated", gatedQuery, "")
	for model, connections := range map[string][]string{
		"small": {"sample", "only_put", "no_put", "sample_gone", "no_uploads_gone"}, "large": {"sample", "no_put"}, "broken": {"sample", "no_abort"},
	} {
		for _, c := range connections {
			p.files["syncs/"+model+"_"+c+".yaml"] = (&row{model: model, path: c + "/" + model + ".csv", connection: c}).yaml()
		}
	}
	for _, c := range []string{"sample", "no_parts"} {
		p.files["syncs/gated_"+c+".yaml"] = (&row{model: "gated", path: c + "/gated.csv", connection: c, to: "  batch: {rows: 120000}\n"}).yaml()
	}
	return a
}

// policyWithout is the page's sample for a bucket, less an action.
func policyWithout(action, bucket string) string {
	text := strings.ReplaceAll(samplePolicy, "${bucketName}", bucket)
	if action == "" {
		return text
	}
	lines := slices.DeleteFunc(strings.SplitAfter(text, "\n"), func(line string) bool { return strings.Contains(line, `"`+action+`"`) })
	return strings.ReplaceAll(strings.Join(lines, ""), "\",\n            ]", "\"\n            ]")
}

// shown has a subtest for each of the actions.
func (a *actions) shown(p *page) {
	p.sub("Prerequisites/JSON sample to create your IAM policy", a.sample)
	p.sub("Actions/s3:PutObject", a.putObject)
	p.sub("Actions/s3:AbortMultipartUpload", a.abortMultipartUpload)
	p.sub("Actions/s3:ListMultipartUploadParts", a.listMultipartUploadParts)
	p.sub("Actions/s3:ListBucketMultipartUploads", a.listBucketMultipartUploads)
	p.sub("Prerequisites/For small file transfers only the s3:PutObject action", func(p *page) { a.puts(p, "small_only_put", "only_put/small.csv", "1", false) })
}

// sample has the four actions do for files of all sizes.
func (a *actions) sample(p *page) {
	a.puts(p, "small_sample", "sample/small.csv", "1", false)
	a.puts(p, "large_sample", "sample/large.csv", "200000", true)
}

// puts expects a sync to write an object with so many rows, in one request or by
// a multipart upload.
func (a *actions) puts(p *page, sync, key, rows string, multipart bool) {
	p.t.Helper()
	in := a.in(p.t)
	r := p.settles(sync)
	if r.State != ledger.Done {
		p.t.Fatalf("run is %s: %+v", r.State, r.Failure)
	}
	if o := p.written(r); strings.Contains(o.ETag, "-") != multipart || o.Key != key {
		p.t.Errorf("got %s with ETag %s, want %s, multipart %v", o.Key, o.ETag, key, multipart)
	}
	if got := one(p.t, in.clickhouse(), "select toString(uniqExact(id)) from "+in.s3(key, "CSVWithNames", "id Int64")); got != rows {
		p.t.Errorf("%s has %s rows, want %s", key, got, rows)
	}
	in.noUploads(key)
}

// fails expects a sync to fail with words in its message, and to leave no
// objects in its folder.
func (a *actions) fails(p *page, sync, folder string, words ...string) ledger.Run {
	p.t.Helper()
	r := p.settles(sync)
	a.failed(p, r, words...)
	for _, key := range a.in(p.t).keys() {
		if strings.HasPrefix(key, folder+"/") && folder != "sample" {
			p.t.Errorf("%s left %s", sync, key)
		}
	}
	return r
}

func (a *actions) failed(p *page, r ledger.Run, words ...string) {
	p.t.Helper()
	if r.State != ledger.Failed {
		p.t.Fatalf("%s: run is %s, want failed", r.Subject, r.State)
	}
	p.t.Log(r.Failure.Message)
	for _, want := range words {
		if !strings.Contains(r.Failure.Message, want) {
			p.t.Errorf("%s: got %q, want %q", r.Subject, r.Failure.Message, want)
		}
	}
}

// putObject: without it nothing is written, whatever the size.
func (a *actions) putObject(p *page) {
	for _, sync := range []string{"small_no_put", "large_no_put"} {
		a.fails(p, sync, "no_put", "connection no_put: ", "s3:PutObject", "AccessDenied", "grant s3:PutObject on arn:aws:s3:::"+a.data+"/*")
	}
}

// abortMultipartUpload: without it, what a failed run uploaded stays in the
// bucket, unseen, and the producer's log says so.
func (a *actions) abortMultipartUpload(p *page) {
	in := a.in(p.t)
	a.fails(p, "broken_sample", "sample", "division by zero")
	in.noUploads("sample/broken.csv")
	r := a.fails(p, "broken_no_abort", "no_abort", "division by zero")
	if n := in.uploads("no_abort/broken.csv"); n != 1 {
		p.t.Errorf("got %d open uploads, want the one that couldn't be aborted", n)
	}
	for _, entry := range p.log.FilterMessage("leftovers kept").All() {
		said, fields := fmt.Sprint(entry.ContextMap()["error"]), entry.ContextMap()
		if fields["run"] == string(r.ID) && strings.Contains(said, "connection no_abort: s3:AbortMultipartUpload ") &&
			strings.Contains(said, "grant s3:AbortMultipartUpload on arn:aws:s3:::"+a.data+"/*") {
			return
		}
	}
	p.t.Errorf("the log doesn't say what to grant: %+v", p.log.All())
}

// listMultipartUploadParts: with it a run looks at the pieces of all its files
// before it shows any, and shows none if there are some missing. Without it, it
// finds out in the middle.
func (a *actions) listMultipartUploadParts(p *page) {
	a.failed(p, a.robbed(p, "sample"), "sample/gated-00002.csv", "the upload was removed from outside")
	shown := func(folder string) (keys []string) {
		return slices.DeleteFunc(a.in(p.t).keys(), func(key string) bool { return !strings.HasPrefix(key, folder+"/gated-") })
	}
	if keys := shown("sample"); len(keys) > 0 {
		p.t.Errorf("with all actions: got %v, want none of the run's files", keys)
	}
	a.failed(p, a.robbed(p, "no_parts"), "of the run's 4 objects are visible, no_parts/gated-00001.csv", "no_parts/gated-00002.csv", "grant s3:ListMultipartUploadParts on arn:aws:s3:::"+a.data+"/*")
	if keys := shown("no_parts"); !slices.Contains(keys, "no_parts/gated-00001.csv") {
		p.t.Errorf("without it: got %v, want the files before the one that is missing", keys)
	}
}

// robbed runs a sync of four files, and aborts the upload of the second from
// outside while the last is read.
func (a *actions) robbed(p *page, folder string) ledger.Run {
	p.t.Helper()
	in := a.in(p.t)
	held := in.hold()
	id := p.begin("gated_" + folder)
	key := func(n int) string { return fmt.Sprintf("%s/gated-%05d.csv", folder, n) }
	waitFor(p.t, "two files are uploaded", func() bool {
		const size = 120_000 * 130 // bytes of a file, at least
		return in.uploaded(key(1)) > size && in.uploaded(key(2)) > size
	})
	second := key(2)
	out, err := a.store.Client().ListMultipartUploads(p.t.Context(), &s3.ListMultipartUploadsInput{Bucket: &a.data, Prefix: &second})
	if err != nil || len(out.Uploads) != 1 {
		p.t.Fatalf("got uploads %+v, %v, want one of %s", out, err, second)
	}
	if _, err := a.store.Client().AbortMultipartUpload(p.t.Context(), &s3.AbortMultipartUploadInput{
		Bucket: &a.data, Key: &second, UploadId: out.Uploads[0].UploadId,
	}); err != nil {
		p.t.Fatal(err)
	}
	if err := held.Close(); err != nil {
		p.t.Fatal(err)
	}
	return p.ended(id)
}

// hold closes the gate until what it returns is closed.
func (s *stage) hold() *sql.Conn {
	s.t.Helper()
	db := s.postgres()
	db.SetMaxIdleConns(0) // closing the session opens the gate
	conn, err := db.Conn(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := conn.ExecContext(s.t.Context(), "select pg_advisory_lock($1)", gate); err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// listBucketMultipartUploads: with it a run asks for its bucket before it reads a
// row. Without it the first write finds that there is none.
func (a *actions) listBucketMultipartUploads(p *page) {
	asked := a.fails(p, "small_sample_gone", "sample_gone", "connection sample_gone: s3:ListBucketMultipartUploads ", "NoSuchBucket", "create the bucket, or correct its name")
	wrote := a.fails(p, "small_no_uploads_gone", "no_uploads_gone", "connection no_uploads_gone: s3:PutObject ", "NoSuchBucket", "create the bucket, or correct its name")
	if asked.Parts != 0 || wrote.Parts != 1 {
		p.t.Errorf("got %d parts with it and %d without, want none and one", asked.Parts, wrote.Parts)
	}
}
