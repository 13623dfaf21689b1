package s3_test

import (
	"bytes"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

func TestPutGetHeadDelete(t *testing.T) { inEachStore(t, testPutGetHeadDelete) }

func testPutGetHeadDelete(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	ctx := t.Context()
	keys := []string{"plain", "a/b/c.csv", "ü ñ/+plus%20&=?#.csv", "quote\"<>'", "~!@$^*()[]{}|\\,;:"}
	for _, key := range keys {
		body := []byte("content of " + key)
		put, err := b.Put(ctx, key, body, objstore.PutOptions{ContentType: "text/csv", Metadata: map[string]string{"run": "7"}})
		if err != nil {
			t.Fatal(err)
		}
		got, o, err := b.Get(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, body) || o.ETag != put.ETag || o.Size != int64(len(body)) || o.Key != key {
			t.Errorf("got %q %+v, want %q %+v", got, o, body, put)
		}
		head, err := b.Head(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		if head != o {
			t.Errorf("head: got %+v, want %+v", head, o)
		}
		if head.Modified.Location() != time.UTC || time.Since(head.Modified).Abs() > time.Hour {
			t.Errorf("modified: got %v, want about now in UTC", head.Modified)
		}
		if err := b.Delete(ctx, key); err != nil {
			t.Fatal(err)
		}
		_, err = b.Head(ctx, key)
		wantFault(t, err, fault.NotFound)
	}
	if err := b.Delete(ctx, "never was"); err != nil {
		t.Error(err)
	}
}

func TestPutTellsTheStoreWhatItIs(t *testing.T) {
	cfg := config(t)
	b := open(t, cfg)
	o := objstore.PutOptions{ContentType: "application/vnd.apache.parquet", Metadata: map[string]string{"run": "7"}}
	if _, err := b.Put(t.Context(), "k", []byte("x"), o); err != nil {
		t.Fatal(err)
	}
	id, err := b.CreateUpload(t.Context(), "m", o)
	if err != nil {
		t.Fatal(err)
	}
	piece, err := b.UploadPiece(t.Context(), "m", id, 1, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.CompleteUpload(t.Context(), "m", id, []objstore.Piece{piece}, o); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"k", "m"} {
		out, err := servertest.MinIO(t).Client().HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: &cfg.Bucket, Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		if *out.ContentType != o.ContentType || out.Metadata["run"] != "7" {
			t.Errorf("%s: got %s %v, want %s %v", key, *out.ContentType, out.Metadata, o.ContentType, o.Metadata)
		}
	}
}

func TestEmptyObject(t *testing.T) { inEachStore(t, testEmptyObject) }

func testEmptyObject(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	if _, err := b.Put(t.Context(), "empty", nil, objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	body, o, err := b.Get(t.Context(), "empty")
	if err != nil || len(body) != 0 || o.Size != 0 || o.ETag == "" {
		t.Errorf("got %q %+v %v, want nothing with an ETag", body, o, err)
	}
}

func TestConditionalPut(t *testing.T) { inEachStore(t, testConditionalPut) }

func testConditionalPut(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	ctx := t.Context()
	first, err := b.Put(ctx, "k", []byte("1"), objstore.PutOptions{IfAbsent: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Put(ctx, "k", []byte("2"), objstore.PutOptions{IfAbsent: true})
	wantFault(t, err, fault.Conflict, "connection lake", "s3:PutObject", "/k")
	second, err := b.Put(ctx, "k", []byte("2"), objstore.PutOptions{IfMatch: first.ETag})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Put(ctx, "k", []byte("3"), objstore.PutOptions{IfMatch: first.ETag})
	wantFault(t, err, fault.Conflict)
	if body, o, err := b.Get(ctx, "k"); err != nil || string(body) != "2" || o.ETag != second.ETag {
		t.Errorf("got %q %+v %v, want the second version", body, o, err)
	}
}

func TestConditionalPutHasOneWinner(t *testing.T) { inEachStore(t, testConditionalPutHasOneWinner) }

func testConditionalPutHasOneWinner(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	const writers = 16
	results := make(chan error, writers)
	for i := range writers {
		go func() {
			_, err := b.Put(t.Context(), "lock", []byte{byte(i)}, objstore.PutOptions{IfAbsent: true})
			results <- err
		}()
	}
	won := 0
	for range writers {
		if err := <-results; err == nil {
			won++
		} else {
			wantFault(t, err, fault.Conflict)
		}
	}
	if won != 1 {
		t.Errorf("got %d winners, want 1", won)
	}
}
