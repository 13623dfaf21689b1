package s3_test

import (
	"context"
	"fmt"
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

func TestListGivesKeysAsTheyAre(t *testing.T) {
	b := open(t, config(t))
	want := []string{"a b+c%2Fd%.csv", "a\x01b", "a&<b>\"'", "ünï/ç", "x=1/y=a:b/part-0.csv"}
	for _, key := range want {
		if _, err := b.Put(t.Context(), key, []byte("x"), objstore.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(want)
	var got []string
	for o, err := range b.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, o.Key)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
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
