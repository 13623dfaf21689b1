package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

const mib = 1 << 20

func noise(n int) []byte {
	body := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(body)
	return body
}

// watched is a bucket that counts pieces and may refuse or spoil calls.
type watched struct {
	*s3.Bucket
	piece    func(number int32) error // nil refuses none
	complete func(key, id string, complete func() error) error

	mu     sync.Mutex
	onWay  int    // guarded by mu
	most   int    // guarded by mu
	sizes  []int  // by number; guarded by mu
	upload string // the last one that was created; guarded by mu
}

func (w *watched) CreateUpload(ctx context.Context, key string, o objstore.PutOptions) (string, error) {
	id, err := w.Bucket.CreateUpload(ctx, key, o)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.upload = id
	return id, err
}

func (w *watched) UploadPiece(ctx context.Context, key, id string, number int32, body []byte) (objstore.Piece, error) {
	w.mu.Lock()
	w.onWay++
	w.most = max(w.most, w.onWay)
	for len(w.sizes) < int(number) {
		w.sizes = append(w.sizes, 0)
	}
	w.sizes[number-1] = len(body)
	w.mu.Unlock()
	defer func() { w.mu.Lock(); w.onWay--; w.mu.Unlock() }()
	if w.piece != nil {
		if err := w.piece(number); err != nil {
			return objstore.Piece{}, err
		}
	}
	return w.Bucket.UploadPiece(ctx, key, id, number, body)
}

func (w *watched) CompleteUpload(ctx context.Context, key, id string, pieces []objstore.Piece, o objstore.PutOptions) (obj objstore.Object, err error) {
	if w.complete == nil {
		return w.Bucket.CompleteUpload(ctx, key, id, pieces, o)
	}
	err = w.complete(key, id, func() error {
		obj, err = w.Bucket.CompleteUpload(ctx, key, id, pieces, o)
		return err
	})
	return obj, err
}

func newWatched(t *testing.T) (*watched, *ledger.Ledger) {
	t.Helper()
	store := servertest.MinIO(t)
	w := &watched{Bucket: ledgertest.Bucket(t, store, store.NewBucket(t))}
	return w, ledger.New(w, "state", nil)
}

// keys returns all keys of the bucket.
func (w *watched) keys(t *testing.T) []string {
	t.Helper()
	var keys []string
	for obj, err := range w.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, obj.Key)
	}
	return keys
}

func (w *watched) wantNoUpload(t *testing.T, key string) {
	t.Helper()
	if _, err := w.ListPieces(t.Context(), key, w.upload); !errors.Is(err, objstore.ErrNoUpload) {
		t.Errorf("the upload of %s: got %v, want it closed", key, err)
	}
}

// fill writes body in chunks of an odd size.
func fill(f *ledger.File, body []byte) error {
	for chunk := range slices.Chunk(body, 1_234_567) {
		if n, err := f.Write(chunk); err != nil || n != len(chunk) {
			return fmt.Errorf("wrote %d of %d: %w", n, len(chunk), err)
		}
	}
	return nil
}

func TestAFileReadsAsItWasWritten(t *testing.T) {
	for _, size := range []int{0, 1, 8*mib - 1, 8 * mib, 8*mib + 1, 35*mib + 7} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			w, l := newWatched(t)
			body, name := noise(size), ledger.ShuffleDir("R", 1)+"00003-A"
			f := l.NewFile(t.Context(), name)
			if err := fill(f, body); err != nil {
				t.Fatal(err)
			}
			if _, err := l.ReadFile(t.Context(), name, 0, -1); !fault.Is(err, fault.NotFound) {
				t.Errorf("before Close: got %v, want not found", err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if err := f.Abort(); err != nil || f.Size() != int64(size) {
				t.Errorf("got size %d; Abort after Close: %v", f.Size(), err)
			}
			got, err := l.ReadFile(t.Context(), name, 0, -1)
			if err != nil || !bytes.Equal(got, body) {
				t.Fatalf("got %d bytes, %v", len(got), err)
			}
			if want := []string{"state/" + name}; !slices.Equal(w.keys(t), want) {
				t.Errorf("got keys %v, want %v", w.keys(t), want)
			}
			wantPieces(t, w, size)
		})
	}
}

func wantPieces(t *testing.T, w *watched, size int) {
	t.Helper()
	var want []int
	for left := size; size > 8*mib && left > 0; left -= 8 * mib {
		want = append(want, min(left, 8*mib))
	}
	if !slices.Equal(w.sizes, want) || w.most > 2 {
		t.Errorf("got pieces %v, %d at once; want %v, 2 at once", w.sizes, w.most, want)
	}
}

func TestReadFileReturnsTheRangeOrAnError(t *testing.T) {
	_, l := newWatched(t)
	body := noise(9 * mib)
	f := l.NewFile(t.Context(), "dir/file")
	if err := errors.Join(fill(f, body), f.Close()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name           string
		offset, length int64
		kind           fault.Kind
	}{
		{"all", 0, 9 * mib, 0},
		{"beginning", 0, 3, 0},
		{"nothing", 5, 0, 0},
		{"across pieces", 8*mib - 5, 10, 0},
		{"to the end", 9*mib - 5, -1, 0},
		{"a byte more than there is", 9*mib - 5, 6, fault.Invalid},
		{"behind the end", 10 * mib, 6, fault.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := l.ReadFile(t.Context(), "dir/file", c.offset, c.length)
			if c.kind != 0 {
				if !fault.Is(err, c.kind) {
					t.Errorf("got %v, want %s", err, c.kind)
				}
				return
			}
			end := c.offset + c.length
			if c.length < 0 {
				end = int64(len(body))
			}
			if err != nil || !bytes.Equal(got, body[c.offset:end]) {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
		})
	}
	if _, err := l.ReadFile(t.Context(), "dir/none", 0, 5); !fault.Is(err, fault.NotFound) {
		t.Errorf("no file: got %v", err)
	}
}

func TestAnAbortedFileLeavesNothing(t *testing.T) {
	for _, size := range []int{5, 20 * mib} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			w, l := newWatched(t)
			ctx, cancel := context.WithCancel(t.Context())
			f := l.NewFile(ctx, "dir/file")
			if err := fill(f, noise(size)); err != nil {
				t.Fatal(err)
			}
			cancel() // who was told to stop cleans up nevertheless
			if err := f.Abort(); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err == nil {
				t.Error("an aborted file was closed")
			}
			if keys := w.keys(t); len(keys) > 0 {
				t.Errorf("got keys %v", keys)
			}
			if size > 8*mib {
				w.wantNoUpload(t, "state/dir/file")
			}
		})
	}
}

func TestAFileThatCannotBeWrittenStaysInvisible(t *testing.T) {
	w, l := newWatched(t)
	w.piece = func(number int32) error {
		if number == 2 {
			return fault.New(fault.Denied, "no")
		}
		return nil
	}
	f := l.NewFile(t.Context(), "dir/file")
	_ = fill(f, noise(30*mib))
	if err := f.Close(); !fault.Is(err, fault.Denied) {
		t.Errorf("got %v, want denied", err)
	}
	if _, err := f.Write([]byte("x")); !fault.Is(err, fault.Denied) {
		t.Errorf("after it failed: got %v, want denied", err)
	}
	if err := f.Abort(); err != nil {
		t.Fatal(err)
	}
	if keys := w.keys(t); len(keys) > 0 {
		t.Errorf("got keys %v", keys)
	}
	w.wantNoUpload(t, "state/dir/file")
}

// A store that completed an upload may say to a second call that there is none.
func TestAFileWhoseAnswerWasLostIsThere(t *testing.T) {
	w, l := newWatched(t)
	w.complete = func(key, id string, complete func() error) error {
		if err := complete(); err != nil {
			return err
		}
		return fault.New(fault.NotFound, "%w", objstore.ErrNoUpload)
	}
	body := noise(9 * mib)
	f := l.NewFile(t.Context(), "dir/file")
	if err := errors.Join(fill(f, body), f.Close()); err != nil {
		t.Fatal(err)
	}
	if got, err := l.ReadFile(t.Context(), "dir/file", 0, -1); err != nil || !bytes.Equal(got, body) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func TestAFileWhoseUploadWasAbortedIsWrittenAgain(t *testing.T) {
	w, l := newWatched(t)
	w.complete = func(key, id string, complete func() error) error {
		if err := w.AbortUpload(t.Context(), key, id); err != nil {
			return err
		}
		return complete()
	}
	f := l.NewFile(t.Context(), "dir/file")
	if err := errors.Join(fill(f, noise(9*mib)), f.Close()); !fault.KindOf(err).Retryable() {
		t.Errorf("got %v, want an error that may pass", err)
	}
	if err := f.Abort(); err != nil {
		t.Error(err)
	}
}

func TestDropFilesDropsAFolder(t *testing.T) {
	w, l := newWatched(t)
	dir, other := ledger.BaselineDir("orders", "R", 1), ledger.BaselineDir("orders", "R", 10)
	for _, name := range []string{dir + "0", dir + "1", other + "0"} {
		f := l.NewFile(t.Context(), name)
		if err := errors.Join(fill(f, []byte(name)), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	dead := l.NewFile(t.Context(), dir+"2") // of a worker that died
	if err := fill(dead, noise(9*mib)); err != nil {
		t.Fatal(err)
	}
	var asked []string
	keep := func(name string) bool { asked = append(asked, name); return name == dir+"1" }
	if err := l.DropFiles(t.Context(), dir, keep); err != nil {
		t.Fatal(err)
	}
	if want := []string{"state/" + dir + "1", "state/" + other + "0"}; !slices.Equal(w.keys(t), want) {
		t.Errorf("got keys %v, want %v", w.keys(t), want)
	}
	if want := []string{dir + "0", dir + "1"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v, want %v", asked, want)
	}
	w.wantNoUpload(t, "state/"+dir+"2")
	if err := dead.Close(); !fault.KindOf(err).Retryable() && !errors.Is(err, objstore.ErrNoUpload) {
		t.Errorf("a late Close: got %v", err)
	}
	if err := l.DropFiles(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	if want := []string{"state/" + other + "0"}; !slices.Equal(w.keys(t), want) {
		t.Errorf("got keys %v, want %v", w.keys(t), want)
	}
}

func TestFoldersOfFiles(t *testing.T) {
	if got, want := ledger.ShuffleDir("RUN", 1), "runs/RUN/e1/shuffle/"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := ledger.BaselineDir("orders", "RUN", 2), "baselines/orders/files/RUN/e2/"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
