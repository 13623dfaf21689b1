package s3_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

func TestReaderAtReadsAnywhere(t *testing.T) { inEachStore(t, testReaderAtReadsAnywhere) }

func testReaderAtReadsAnywhere(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	whole := content(40<<20 + 12_345)
	o, err := b.Put(t.Context(), "k", whole, objstore.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := b.ReaderAt(t.Context(), o, 0)
	var g errgroup.Group
	for seed := range uint64(4) {
		g.Go(func() error {
			random := rand.New(rand.NewPCG(seed, seed))
			for range 30 {
				off := random.Int64N(o.Size)
				p := make([]byte, 1+random.IntN(3<<20))
				n, err := r.ReadAt(p, off)
				if !bytes.Equal(p[:n], whole[off:off+int64(n)]) {
					t.Errorf("at %d: wrong bytes", off)
				}
				if cut := off+int64(len(p)) > o.Size; cut != errors.Is(err, io.EOF) || !cut && n != len(p) {
					t.Errorf("at %d: got %d of %d bytes and %v", off, n, len(p), err)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestReaderAtReadsAhead(t *testing.T) {
	b := open(t, config(t))
	whole := content(32 << 20)
	o, err := b.Put(t.Context(), "k", whole, objstore.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := b.ReaderAt(t.Context(), o, 0)
	got := make([]byte, len(whole))
	for at := 0; at < len(got); at += 100_000 {
		if _, err := r.ReadAt(got[at:min(at+100_000, len(got))], int64(at)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got, whole) {
		t.Fatal("got other bytes")
	}
	if n := r.Requests(); n > 7 { // 1 + 2 + 4 + 8 + 8 + 8 + 1 blocks
		t.Errorf("got %d requests for 32 MiB in sequence, want at most 7", n)
	}
	before := r.Requests()
	for range 10 {
		if _, err := r.ReadAt(make([]byte, 8), o.Size-8); err != nil {
			t.Fatal(err)
		}
	}
	if n := r.Requests() - before; n != 0 {
		t.Errorf("got %d requests for what was just read, want none", n)
	}
	before = r.Requests()
	for _, tt := range []struct{ at, size, n int }{{0, 24 << 20, 24 << 20}, {5<<20 + 3, 2 << 20, 2 << 20}, {30 << 20, 3 << 20, 2 << 20}} {
		n, err := r.ReadAt(got[:tt.size], int64(tt.at))
		if cut := tt.n < tt.size; n != tt.n || cut != errors.Is(err, io.EOF) || !cut && err != nil || !bytes.Equal(got[:n], whole[tt.at:][:n]) {
			t.Errorf("%d bytes at %d: got %d and %v", tt.size, tt.at, n, err)
		}
	}
	if n := r.Requests() - before; n != 3 {
		t.Errorf("got %d requests for three large reads", n)
	}
}

func TestReaderAtIsPinnedToAVersion(t *testing.T) {
	b := open(t, config(t))
	o, err := b.Put(t.Context(), "k", content(3<<20), objstore.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := b.ReaderAt(t.Context(), o, 0)
	p := make([]byte, 10)
	if _, err := r.ReadAt(p, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), "k", content(3<<20+1), objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := r.ReadAt(p, 2<<20); !errors.Is(err, objstore.ErrChanged) {
			t.Errorf("got %v, want ErrChanged", err)
		}
	}
	_, err = r.ReadAt(p, -1)
	wantFault(t, err, fault.Invalid)
	if n, err := r.ReadAt(p, o.Size); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("got %d %v, want EOF", n, err)
	}
}
