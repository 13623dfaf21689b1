package ledger

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

const (
	// filePiece is the size of a file's first pieces, in bytes.
	filePiece = 8 << 20
	// filePiecesAtOnce is how many pieces of a file are on their way at a time.
	filePiecesAtOnce = 2
)

// sizeOfFilePiece returns how large the i-th piece of a file is, in bytes. Sizes
// double each eighth of the numbers there are: 10 GiB take pieces of 8 MiB, and
// the largest file has 2 TiB.
func sizeOfFilePiece(i int) int { return filePiece << min(i*8/objstore.MaxPieces, 7) }

// File is a large immutable blob in the state bucket that is being written. Its
// methods are for one goroutine. It keeps three pieces in memory at most.
type File struct {
	ledger *Ledger
	name   string
	ctx    context.Context

	buf     []byte            // not yet sent
	size    int64             // bytes written so far
	upload  string            // empty before the first piece
	pieces  []*objstore.Piece // filled in by the uploads
	group   *errgroup.Group   // of the uploads
	sending context.Context   // of group: ends with the first failure
	stop    context.CancelFunc
	free    chan []byte // buffers of pieces that were sent
	err     error       // why the file can't be finished
	over    bool        // closed or aborted
}

// NewFile begins to write a file; nothing is visible before Close. A file of up
// to 8 MiB is one request, a larger one a multipart upload. Two files must not
// be written under one name at a time: attempts have names of their own. All
// requests live no longer than ctx, but for those of Abort, which the caller
// owes a file that it doesn't close.
func (l *Ledger) NewFile(ctx context.Context, name string) *File {
	f := &File{ledger: l, name: name, ctx: ctx, free: make(chan []byte, filePiecesAtOnce)}
	sending, stop := context.WithCancel(ctx)
	f.stop = stop
	f.group, f.sending = errgroup.WithContext(sending)
	f.group.SetLimit(filePiecesAtOnce)
	return f
}

// Size returns how many bytes were written so far.
func (f *File) Size() int64 { return f.size }

// Write implements io.Writer. It takes a copy of p, and blocks while two pieces
// are on their way. After an error the file can only be aborted.
func (f *File) Write(p []byte) (int, error) {
	if f.err == nil && f.over {
		f.err = fault.New(fault.Invalid, "write file %s: it is closed", f.name)
	}
	written := 0
	for f.err == nil && written < len(p) {
		room := sizeOfFilePiece(len(f.pieces)) - len(f.buf)
		if room == 0 { // and more comes, so that the last piece is never empty
			f.err = f.send()
			continue
		}
		n := min(room, len(p)-written)
		f.grow(n, len(f.buf)+room)
		f.buf = append(f.buf, p[written:written+n]...)
		written, f.size = written+n, f.size+int64(n)
	}
	return written, f.err
}

// grow makes room for n bytes more in the buffer, which is no larger than a
// piece: a small file takes little, a large one is not copied over and over.
func (f *File) grow(n, piece int) {
	need := len(f.buf) + n
	if need <= cap(f.buf) {
		return
	}
	larger := piece
	if len(f.pieces) == 0 {
		larger = min(max(need, 2*cap(f.buf)), piece)
	}
	f.buf = append(make([]byte, 0, larger), f.buf...)
}

// send uploads the buffer in the background.
func (f *File) send() error {
	if len(f.pieces) == objstore.MaxPieces {
		return fault.New(fault.Invalid, "write file %s: it has more than %d bytes", f.name, f.size)
	}
	if f.upload == "" {
		if err := f.open(); err != nil {
			return err
		}
	}
	piece := new(objstore.Piece)
	f.pieces = append(f.pieces, piece)
	number, body := int32(len(f.pieces)), f.buf
	f.group.Go(func() (err error) {
		*piece, err = f.ledger.store.UploadPiece(f.sending, f.ledger.prefix+f.name, f.upload, number, body)
		f.free <- body[:0]
		return err
	})
	f.buf = nil
	select {
	case f.buf = <-f.free:
	default:
	}
	if f.sending.Err() == nil {
		return nil
	}
	if err := f.group.Wait(); err != nil {
		return err
	}
	return f.ctx.Err()
}

// open opens the upload and records it, for DropFiles: not all stores list the
// open uploads of a folder. One that dies in between leaves an upload without
// pieces.
func (f *File) open() (err error) {
	f.upload, err = f.ledger.store.CreateUpload(f.ctx, f.ledger.prefix+f.name, objstore.PutOptions{})
	if err != nil {
		return err
	}
	return f.ledger.put(f.ctx, openUploadKey(f.name), f.upload, objstore.PutOptions{})
}

// Close makes the file visible. After an error it isn't, and the caller still
// owes an Abort.
func (f *File) Close() error {
	if f.over || f.err != nil {
		return f.err
	}
	defer f.stop()
	if f.upload == "" {
		_, f.err = f.ledger.store.Put(f.ctx, f.ledger.prefix+f.name, f.buf, objstore.PutOptions{})
	} else {
		f.err = f.complete()
	}
	f.over, f.buf = f.err == nil, nil
	return f.err
}

func (f *File) complete() error {
	if err := f.send(); err != nil {
		return err
	}
	if err := f.group.Wait(); err != nil {
		return err
	}
	pieces := make([]objstore.Piece, len(f.pieces))
	for i, p := range f.pieces {
		pieces[i] = *p
	}
	_, err := f.ledger.store.CompleteUpload(f.ctx, f.ledger.prefix+f.name, f.upload, pieces, objstore.PutOptions{})
	if errors.Is(err, objstore.ErrNoUpload) {
		err = f.completed()
	}
	if err != nil {
		return err
	}
	// The record that stays behind is dropped with the file.
	_ = f.ledger.store.Delete(f.ctx, f.ledger.prefix+openUploadKey(f.name))
	return nil
}

// completed is called when the upload isn't open any more: the answer to a first
// call was lost, or somebody aborted it.
func (f *File) completed() error {
	key := f.ledger.prefix + f.name
	for obj, err := range f.ledger.store.List(f.ctx, key, "") {
		if err != nil {
			return err
		}
		if obj.Key == key && obj.Size == f.size {
			return nil
		}
		break // a name sorts before those that begin with it
	}
	return fault.New(fault.Temporary, "write file %s: its upload was aborted by somebody else", f.name)
}

// Abort gives the file up and frees what was uploaded of it. After Close it does
// nothing.
func (f *File) Abort() error {
	if f.over {
		return nil
	}
	f.stop()
	_ = f.group.Wait() // no piece arrives after the abort
	f.over, f.buf = true, nil
	if f.err == nil {
		f.err = fault.New(fault.Invalid, "write file %s: it was aborted", f.name)
	}
	if f.upload == "" {
		return nil
	}
	return f.ledger.abortFile(context.WithoutCancel(f.ctx), f.name, f.upload)
}
