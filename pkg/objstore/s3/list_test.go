package s3_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

func TestListStreamsPages(t *testing.T) { inEachStore(t, testListStreamsPages) }

func testListStreamsPages(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	const count = 1200
	fill(t, b, count)
	var keys []string
	for o, err := range b.List(t.Context(), "many/", "") {
		if err != nil {
			t.Fatal(err)
		}
		if o.Size != 1 || o.ETag == "" || o.Modified.IsZero() {
			t.Fatalf("got %+v, want size, ETag and time", o)
		}
		keys = append(keys, o.Key)
	}
	if len(keys) != count || !slices.IsSorted(keys) {
		t.Errorf("got %d keys, sorted %v; want %d sorted", len(keys), slices.IsSorted(keys), count)
	}
	after := 0
	for _, err := range b.List(t.Context(), "many/", keys[1099]) {
		if err != nil {
			t.Fatal(err)
		}
		after++
	}
	if after != 100 {
		t.Errorf("after the 1100th: got %d, want 100", after)
	}
	for o, err := range b.List(t.Context(), "many/", "") {
		if err != nil || o.Key != keys[0] {
			t.Errorf("got %+v %v, want the first", o, err)
		}
		break // and no second page is asked for
	}
}

func fill(t *testing.T, b *s3.Bucket, count int) {
	t.Helper()
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(16)
	for i := range count {
		g.Go(func() error {
			_, err := b.Put(ctx, fmt.Sprintf("many/%05d", i), []byte("x"), objstore.PutOptions{})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// oddKeys are what S3 allows for a key and somebody has used. A store over a
// folder has no place for an empty segment or a byte that isn't UTF-8.
var oddKeys = []string{
	"a b+c%2Fd%.csv", "a&<b>\"'", "ünï/ç", "x=1/y=a:b/part-0.csv", "sp ace/ leading", "plus+plus/+", "100%/%41", "emoji/😀", "dots/..a/b..",
	"quote'\"`/x", "glob*?{a,b}[c]", "back\\slash", "é-composed", "e\u0301-decomposed", "~tilde/#hash?query&amp;", "nb\u00a0sp",
}

func TestListGivesKeysAsTheyAre(t *testing.T) { inEachStore(t, testListGivesKeysAsTheyAre) }

func testListGivesKeysAsTheyAre(t *testing.T, cfg s3.Config) {
	keepsKeys(t, open(t, cfg), oddKeys)
}

func TestListGivesKeysThatOnlySomeStoresTake(t *testing.T) {
	keepsKeys(t, open(t, config(t)), []string{"a\x01b", "tab\tb", "a\u2028b"})
}

// keepsKeys puts objects and wants their keys from a listing, with each as the
// prefix too.
func keepsKeys(t *testing.T, b *s3.Bucket, keys []string) {
	t.Helper()
	for _, key := range keys {
		if _, err := b.Put(t.Context(), key, []byte("x"), objstore.PutOptions{}); err != nil {
			t.Fatalf("%q: %v", key, err)
		}
	}
	want := slices.Sorted(slices.Values(keys))
	if got := listing(t, b, "", ""); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for i, key := range want {
		if got := listing(t, b, key, ""); !slices.Equal(got, []string{key}) {
			t.Errorf("prefix %q: got %q", key, got)
		}
		if got := listing(t, b, "", key); !slices.Equal(got, want[i+1:]) {
			t.Errorf("after %q: got %q, want %q", key, got, want[i+1:])
		}
	}
}

// S3 itself also keeps empty segments and slashes in front, where the stores we
// test on drop or refuse them: so this is its answer, by hand.
func TestListGivesEmptySegments(t *testing.T) {
	want := []string{"/in front", "//x", "a//b+c", "folder/", "folder//"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query().Get("prefix"); got != "/" {
			t.Errorf("got prefix %q, want /", got)
		}
		fmt.Fprint(w, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><EncodingType>url</EncodingType>`)
		for _, key := range want {
			fmt.Fprintf(w, `<Contents><Key>%s</Key><Size>1</Size><ETag>"e"</ETag><LastModified>2024-05-01T00:00:00Z</LastModified></Contents>`, url.QueryEscape(key))
		}
		fmt.Fprint(w, `<IsTruncated>false</IsTruncated></ListBucketResult>`)
	}))
	defer server.Close()
	if got := listing(t, open(t, at(server.URL)), "/", ""); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func listing(t *testing.T, b *s3.Bucket, prefix, after string) (keys []string) {
	t.Helper()
	for o, err := range b.List(t.Context(), prefix, after) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	return keys
}

func TestListPrefixes(t *testing.T) { inEachStore(t, testListPrefixes) }

func testListPrefixes(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	for _, key := range []string{"a/1", "a/b c/1", "a/b c/2", "a/d+e/f/1", "g/1"} {
		if _, err := b.Put(t.Context(), key, []byte("x"), objstore.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for p, err := range b.ListPrefixes(t.Context(), "a/", "/") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p)
	}
	if want := []string{"a/b c/", "a/d+e/"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestListIsCanceled(t *testing.T) { inEachStore(t, testListIsCanceled) }

func testListIsCanceled(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range b.List(ctx, "", "") {
		wantFault(t, err, fault.Canceled)
	}
}

func TestBuckets(t *testing.T) {
	b := open(t, config(t))
	names, err := b.Buckets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(names, b.Name()) {
		t.Errorf("got %q, want %s among them", names, b.Name())
	}
}
