package s3_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

func TestOpenRanges(t *testing.T) { inEachStore(t, testOpenRanges) }

func testOpenRanges(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	whole := content(10_000)
	put, err := b.Put(t.Context(), "k", whole, objstore.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name           string
		offset, length int64
		want           []byte
	}{
		{"whole", 0, -1, whole},
		{"from the middle", 4000, -1, whole[4000:]},
		{"a range", 10, 20, whole[10:30]},
		{"the first byte", 0, 1, whole[:1]},
		{"the last byte", 9999, -1, whole[9999:]},
		{"over the end", 9000, 5000, whole[9000:]},
		{"nothing", 77, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := b.Open(t.Context(), "k", put.ETag, tt.offset, tt.length)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			got, err := io.ReadAll(iotest.OneByteReader(r))
			if err != nil || !bytes.Equal(got, tt.want) {
				t.Errorf("got %d bytes and %v, want %d", len(got), err, len(tt.want))
			}
		})
	}
	_, err = b.Open(t.Context(), "k", "", 10_000, -1)
	wantFault(t, err, fault.Invalid, "s3:GetObject", "InvalidRange")
}

func TestOpenIsPinnedToAVersion(t *testing.T) { inEachStore(t, testOpenIsPinnedToAVersion) }

func testOpenIsPinnedToAVersion(t *testing.T, cfg s3.Config) {
	b := open(t, cfg)
	old, err := b.Put(t.Context(), "k", []byte("old"), objstore.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), "k", []byte("new"), objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err = b.Open(t.Context(), "k", old.ETag, 0, -1)
	wantFault(t, err, fault.NotFound, "overwritten")
	if !errors.Is(err, objstore.ErrChanged) {
		t.Errorf("got %v, want ErrChanged", err)
	}
}

func TestStreamSurvivesCuts(t *testing.T) { inEachStore(t, testStreamSurvivesCuts) }

func testStreamSurvivesCuts(t *testing.T, cfg s3.Config) {
	proxy := newProxy(t, cfg.Endpoint)
	direct := open(t, cfg)
	whole := content(3 << 20)
	if _, err := direct.Put(t.Context(), "k", whole, objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	cfg.Endpoint = proxy.url
	b := open(t, cfg)
	proxy.cutAfter(1<<20, 4)
	r, err := b.Open(t.Context(), "k", "", 100, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, whole[100:]) {
		t.Errorf("got %d bytes and %v, want %d", len(got), err, len(whole)-100)
	}
	if proxy.cuts() < 2 {
		t.Errorf("got %d cuts, want at least 2: the test proves nothing", proxy.cuts())
	}
}

func TestStreamNoticesAnOverwriteAfterACut(t *testing.T) {
	cfg := config(t)
	proxy := newProxy(t, cfg.Endpoint)
	direct := open(t, cfg)
	if _, err := direct.Put(t.Context(), "k", content(3<<20), objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	cfg.Endpoint = proxy.url
	proxy.cutAfter(1<<20, 1)
	r, err := open(t, cfg).Open(t.Context(), "k", "", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := direct.Put(t.Context(), "k", make([]byte, 3<<20), objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, r)
	if !errors.Is(err, objstore.ErrChanged) {
		t.Errorf("got %v, want ErrChanged", err)
	}
}

func TestStreamGivesUp(t *testing.T) {
	cfg := config(t)
	proxy := newProxy(t, cfg.Endpoint)
	if _, err := open(t, cfg).Put(t.Context(), "k", content(1<<20), objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	cfg.Endpoint = proxy.url
	b := open(t, cfg)
	proxy.cutAfter(8<<10, -1)
	r, err := b.Open(t.Context(), "k", "", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	wantFault(t, err, fault.Temporary, "connection lake", "s3:GetObject", proxy.url)
}
