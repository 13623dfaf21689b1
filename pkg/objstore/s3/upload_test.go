package s3_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/crc64"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

// upload opens an upload of key and puts up the pieces.
func upload(t *testing.T, b *s3.Bucket, key string, bodies ...[]byte) (id string, pieces []objstore.Piece) {
	t.Helper()
	id, err := b.CreateUpload(t.Context(), key, objstore.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, body := range bodies {
		piece, err := b.UploadPiece(t.Context(), key, id, int32(i+1), body)
		if err != nil {
			t.Fatal(err)
		}
		pieces = append(pieces, piece)
	}
	return id, pieces
}

func TestUpload(t *testing.T) { inEachStore(t, testUpload) }

func testUpload(t *testing.T, cfg s3.Config) {
	cfg.PieceSHA256 = true
	b := open(t, cfg)
	whole := content(objstore.MinPiece + 1000)
	id, pieces := upload(t, b, "big", whole[:objstore.MinPiece], whole[objstore.MinPiece:])

	listed, err := b.ListPieces(t.Context(), "big", id)
	if err != nil {
		t.Fatal(err)
	}
	var sum uint64
	for i, p := range pieces {
		if l := listed[i]; l.Number != p.Number || l.ETag != p.ETag || l.Size != p.Size {
			t.Errorf("piece %d: got %+v, want %+v", i, l, p)
		}
		sum = crc64.Combine(sum, p.CRC64, p.Size)
	}
	if want := crc64.Checksum(whole); sum != want {
		t.Errorf("combined sum: got %#x, want %#x", sum, want)
	}
	hash := sha256.Sum256(whole[:objstore.MinPiece])
	if got, want := pieces[0].SHA256, hex.EncodeToString(hash[:]); got != want {
		t.Errorf("SHA-256: got %s, want %s", got, want)
	}
	done, err := b.CompleteUpload(t.Context(), "big", id, pieces, objstore.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	body, o, err := b.Get(t.Context(), "big")
	if err != nil || !bytes.Equal(body, whole) || o.ETag != done.ETag || o.Size != done.Size {
		t.Errorf("got %d bytes %+v %v, want %d bytes %+v", len(body), o, err, len(whole), done)
	}
}

func TestCompletingTwice(t *testing.T) {
	b := open(t, config(t))
	id, pieces := upload(t, b, "k", []byte("x"))
	if _, err := b.CompleteUpload(t.Context(), "k", id, pieces, objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err := b.CompleteUpload(t.Context(), "k", id, pieces, objstore.PutOptions{})
	wantFault(t, err, fault.NotFound)
	if !errors.Is(err, objstore.ErrNoUpload) {
		t.Errorf("got %v, want ErrNoUpload", err)
	}
	if _, err := b.UploadPiece(t.Context(), "k", id, 2, []byte("y")); !errors.Is(err, objstore.ErrNoUpload) {
		t.Errorf("late piece: got %v, want ErrNoUpload", err)
	}
}

func TestOverwrittenPieceIsNoticed(t *testing.T) { inEachStore(t, testOverwrittenPieceIsNoticed) }

func testOverwrittenPieceIsNoticed(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	id, pieces := upload(t, b, "k", []byte("mine"))
	late, err := b.UploadPiece(t.Context(), "k", id, 1, []byte("a twin's"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.CompleteUpload(t.Context(), "k", id, pieces, objstore.PutOptions{})
	wantFault(t, err, fault.Conflict)
	if !errors.Is(err, objstore.ErrPieceChanged) {
		t.Errorf("got %v, want ErrPieceChanged", err)
	}
	_, err = b.Head(t.Context(), "k")
	wantFault(t, err, fault.NotFound)
	if _, err := b.CompleteUpload(t.Context(), "k", id, []objstore.Piece{late}, objstore.PutOptions{}); err != nil {
		t.Errorf("the upload did not stay open: %v", err)
	}
}

func TestConditionalComplete(t *testing.T) { inEachStore(t, testConditionalComplete) }

func testConditionalComplete(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	if _, err := b.Put(t.Context(), "k", []byte("old"), objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	id, pieces := upload(t, b, "k", []byte("new"))
	_, err := b.CompleteUpload(t.Context(), "k", id, pieces, objstore.PutOptions{IfAbsent: true})
	wantFault(t, err, fault.Conflict)
	if errors.Is(err, objstore.ErrPieceChanged) {
		t.Errorf("got ErrPieceChanged for a condition: %v", err)
	}
	if body, _, err := b.Get(t.Context(), "k"); err != nil || string(body) != "old" {
		t.Errorf("got %q %v, want the old content", body, err)
	}
}

func TestSmallPieceInTheMiddleIsInvalid(t *testing.T) {
	inEachStore(t, testSmallPieceInTheMiddleIsInvalid)
}

func testSmallPieceInTheMiddleIsInvalid(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	id, pieces := upload(t, b, "k", []byte("small"), []byte("last"))
	_, err := b.CompleteUpload(t.Context(), "k", id, pieces, objstore.PutOptions{})
	wantFault(t, err, fault.Invalid, "EntityTooSmall")
}

func TestAbortAndListUploads(t *testing.T) { inEachStore(t, testAbortAndListUploads) }

func testAbortAndListUploads(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	id, _ := upload(t, b, "dir/a b+c", []byte("x"))
	var found []objstore.Upload
	for u, err := range b.ListUploads(t.Context(), "dir/a b+c") {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, u)
	}
	if len(found) != 1 || found[0].Key != "dir/a b+c" || found[0].ID != id || found[0].Initiated.IsZero() {
		t.Errorf("got %+v, want the one upload %s", found, id)
	}
	for range 2 { // the second finds nothing, which is as good
		if err := b.AbortUpload(t.Context(), "dir/a b+c", id); err != nil {
			t.Fatal(err)
		}
	}
	for u, err := range b.ListUploads(t.Context(), "dir/a b+c") {
		t.Errorf("got %+v %v, want none", u, err)
	}
	if _, err := b.ListPieces(t.Context(), "dir/a b+c", id); !errors.Is(err, objstore.ErrNoUpload) {
		t.Errorf("got %v, want ErrNoUpload", err)
	}
}
