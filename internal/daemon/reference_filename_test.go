package daemon_test

import (
	"io"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/servertest"
)

// filenames are the variables of a filename: for each, what it says in the
// first run and in the second.
func (p *page) filenames(versions servertest.S3) {
	for _, v := range []struct{ name, first, second string }{
		{"YYYY", "2024", "2031"}, {"YY", "24", "31"}, {"MM", "12", "02"}, {"DD", "31", "03"}, {"HH", "16", "04"}, {"mm", "05", "09"},
		{"ss", "06", "08"}, {"ms", "007", "090"}, {"X", "1735661106", "1927858148"}, {"x", "1735661106007", "1927858148090"},
	} {
		folder := "variable-" + v.name + "/"
		p.add(row{name: "Enter filename/" + v.name, model: "people", path: folder + "{" + v.name + "}", again: true,
			want: map[string]string{folder + v.first: peopleBefore, folder + v.second: peopleAfter}})
	}
	const example = "upload/{YYYY}-{MM}-{DD}-{HH}-{mm}-result.json"
	p.add(row{name: "Enter filename/All dates and times are UTC", model: "people", path: "utc/{YYYY}-{MM}-{DD}T{HH}-{mm}-{ss}.{ms}Z", again: true,
		want: map[string]string{"utc/2024-12-31T16-05-06.007Z": peopleBefore, "utc/2031-02-03T04-09-08.090Z": peopleAfter}},
		row{name: "Enter filename/" + example, model: "people", format: "json", path: example, again: true, want: map[string]string{
			"upload/2024-12-31-16-05-result.json": "[\n{\"id\":1,\"name\":\"Ada\"},\n{\"id\":2,\"name\":\"Bob\"},\n{\"id\":3,\"name\":\"Cy\"}\n]\n",
			"upload/2031-02-03-04-09-result.json": "[\n{\"id\":1,\"name\":\"Ada\"},\n{\"id\":2,\"name\":\"Bea\"},\n{\"id\":4,\"name\":\"Dee\"}\n]\n"}},
		row{name: "Enter filename/{model.id}", model: "people", path: "model-id/{model.id}.csv", want: map[string]string{"model-id/crm-people.csv": peopleBefore}},
		row{name: "Enter filename/{model.name}", model: "people", path: "model-name/{model.name}.csv", want: map[string]string{"model-name/people.csv": peopleBefore}},
		row{name: "Enter filename/{sync.id}", model: "people", path: "sync-id/{sync.id}.csv", more: "id: nightly-people\n",
			want: map[string]string{"sync-id/nightly-people.csv": peopleBefore}},
		row{name: "Enter filename/{sync.run.id}", model: "people", path: "run-id/{sync.run.id}.csv", again: true,
			want: map[string]string{"run-id/run1.csv": peopleBefore, "run-id/run2.csv": peopleAfter}},
		row{name: "Enter filename/If a file already exists, it is overwritten", model: "people", path: "overwritten/people.csv", again: true,
			want: map[string]string{"overwritten/people.csv": peopleAfter}})
	p.versioned(versions)
	for _, o := range []struct{ name, folder, to, first, second string }{
		{"by default the timestamp of the sync run", "offset-none", "", "2024-12-31T16-05-06.007 1735661106", "2031-02-03T04-09-08.090 1927858148"},
		{"-86400", "offset-day", "  offset: -86400\n", "2024-12-30T16-05-06.007 1735574706", "2031-02-02T04-09-08.090 1927771748"},
		{"3600", "offset-hour", "  offset: 3600\n", "2024-12-31T17-05-06.007 1735664706", "2031-02-03T05-09-08.090 1927861748"},
	} {
		p.add(row{name: "Set filename offset/" + o.name, model: "people", path: o.folder + "/{YYYY}-{MM}-{DD}T{HH}-{mm}-{ss}.{ms} {X}", to: o.to, again: true,
			want: map[string]string{o.folder + "/" + o.first: peopleBefore, o.folder + "/" + o.second: peopleAfter}})
	}
}

// versioned is a bucket that keeps what is overwritten.
func (p *page) versioned(store servertest.S3) {
	p.t.Helper()
	bucket := store.NewBucket(p.t)
	client := store.Client()
	if _, err := client.PutBucketVersioning(p.t.Context(), &s3.PutBucketVersioningInput{
		Bucket: &bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}); err != nil {
		p.t.Fatal(err)
	}
	p.connect("versioned", store, bucket, store.AccessKey, store.Secret)
	p.add(row{name: "Enter filename/you can enable versioning in your bucket", model: "people", path: "versioned/people.csv", connection: "versioned", again: true,
		want: map[string]string{}, check: func(p *page, _ []ledger.Run) {
			out, err := client.ListObjectVersions(p.t.Context(), &s3.ListObjectVersionsInput{Bucket: &bucket})
			if err != nil {
				p.t.Fatal(err)
			}
			var got []string // the latest version comes first
			for _, v := range out.Versions {
				got = append(got, versionOf(p.t, client, bucket, *v.Key, *v.VersionId))
			}
			if len(got) != 2 || got[0] != peopleAfter || got[1] != peopleBefore {
				p.t.Errorf("got versions %q, want %q and before it %q", got, peopleAfter, peopleBefore)
			}
		}})
}

func versionOf(t *testing.T, client *s3.Client, bucket, key, version string) string {
	t.Helper()
	out, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key, VersionId: &version})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
