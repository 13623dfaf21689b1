package daemon_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/ledger"
)

// notBuckets is what people give for the name of their bucket.
func (p *page) notBuckets() map[string]string {
	return map[string]string{
		"an s3 URL":            "s3://" + p.data,
		"a URL of the bucket":  p.store.Endpoint + "/" + p.data,
		"a host name of AWS":   "https://" + p.data + ".s3.amazonaws.com",
		"a name and a folder":  p.data + "/upload",
		"a name and a slash":   p.data + "/",
		"a console's web page": "https://s3.console.aws.amazon.com/s3/buckets/" + p.data + "?region=us-east-1",
	}
}

// connects is the section about connecting: the bucket's name, and not a URL.
func (p *page) connects() {
	p.t.Helper()
	p.sub("Connect/Bucket Name/just the name of the bucket", func(p *page) {
		var result api.TestResult
		if status, text := p.call("POST", "/connections/bucket/test", struct{}{}, &result); status != http.StatusOK || !result.OK {
			p.t.Errorf("got %d %s", status, text)
		}
	})
	wrong := p.notBuckets()
	for _, name := range slices.Sorted(maps.Keys(wrong)) {
		bucket := wrong[name]
		p.sub("Connect/Bucket Name/not a URL/"+name, func(p *page) {
			const file = "connections/bucket.connection"
			p.refused(file, strings.Replace(p.files[file], "S3_BUCKET "+p.data, "S3_BUCKET "+bucket, 1), `"line":3`)
		})
	}
	p.sub("Connect/Bucket Name/not a URL/a URL in a sync", func(p *page) {
		p.refused("syncs/row_00.yaml", p.files["syncs/row_00.yaml"]+"  bucket: https://"+p.data+".s3.amazonaws.com\n", `"file":"syncs/row_00.yaml"`)
	})
}

// refused pushes the project with one other file, which must be refused for what
// it says of the bucket.
func (p *page) refused(file, body, at string) {
	p.t.Helper()
	files := maps.Clone(p.files)
	files[file] = body
	status, text := p.call("POST", "/project", api.PushRequest{Files: files}, nil)
	for _, want := range []string{at, "the bucket is the name of a bucket, not a URL", "write the name alone, such as my-bucket"} {
		if status != http.StatusUnprocessableEntity || !strings.Contains(text, want) {
			p.t.Errorf("got %d %s, want %s", status, text, want)
		}
	}
}

// secretBucket is a connection whose bucket only its run gets to know.
func (p *page) secretBucket() {
	p.connect("url", p.store, `{{ tb_secret("REFERENCE_BUCKET", "https://`+p.data+`.s3.amazonaws.com") }}`, p.store.AccessKey, p.store.Secret)
	p.add(row{name: "Connect/Bucket Name/not a URL/a URL out of a secret", model: "people", path: "secret-bucket/x.csv", connection: "url",
		failure: []string{"connection url: ", "the bucket is a URL, not the name of a bucket; write the name alone, such as my-bucket"},
		check: func(p *page, runs []ledger.Run) {
			if runs[0].Parts > 0 {
				p.t.Errorf("got %d parts, want the run to fail before it reads", runs[0].Parts)
			}
		}})
}
