package export

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

const (
	// uploadsAtOnce is how many pieces of a part are on their way at a time.
	uploadsAtOnce = 2
	// plainUploads is the same for text that nothing compresses: it is several
	// times as much.
	plainUploads = 3
)

// place is where in an object an assembler's pieces go.
type place struct {
	upload string
	slot   int
	first  int32  // piece number
	width  int    // how many pieces there is room for
	lead   []byte // what stands before the assembler's own bytes
}

// assembler cuts a stream of bytes into pieces and uploads them, several at a
// time. It keeps the last piece back until it knows that another follows, so
// that every piece has the size that S3 asks for, and it asks for its place
// only when it has a piece to put there. It has two pieces in memory at most,
// besides those on their way:
//
//	write ─► buf ─► full ─► on their way
//	           give ─┘
type assembler struct {
	bucket Bucket
	key    string
	claim  func(ctx context.Context) (place, error)

	place *place            // nil before the first piece
	buf   []byte            // of the piece that is being filled
	full  []byte            // the piece before it, as long as buf is too small to be one
	sent  []*objstore.Piece // filled in by the uploads
	size  int64             // bytes written so far
	group *errgroup.Group
	ctx   context.Context // of group: ends with the first failure
}

func newAssembler(ctx context.Context, b Bucket, key string, claim func(context.Context) (place, error)) *assembler {
	a := &assembler{bucket: b, key: key, claim: claim}
	a.group, a.ctx = errgroup.WithContext(ctx)
	a.group.SetLimit(uploadsAtOnce)
	return a
}

// write takes a copy of p. It blocks while too many pieces are on their way.
func (a *assembler) write(p []byte) error {
	a.size += int64(len(p))
	for len(p) > 0 {
		want := a.nextSize()
		n := min(len(p), want-len(a.buf))
		a.room(n, want)
		a.buf, p = append(a.buf, p[:n]...), p[n:]
		if a.full != nil && len(a.buf) >= objstore.MinPiece {
			if err := a.send(a.full); err != nil {
				return err
			}
			a.full = nil
		}
		if len(a.buf) == want {
			a.full, a.buf = a.buf, nil
		}
	}
	return nil
}

// give is write of a buffer that is the assembler's from now on, if it is a piece
// by itself. Otherwise it stays the caller's.
func (a *assembler) give(p []byte) (given bool, err error) {
	if want := a.nextSize(); len(a.buf) > 0 || len(p) < want-want/4 {
		return false, a.write(p)
	}
	if a.full != nil {
		if err := a.send(a.full); err != nil {
			return false, err
		}
	}
	a.full, a.size = p, a.size+int64(len(p))
	return true, nil
}

// smallPiece is up to which size a buffer grows with what is written: most
// objects are small.
const smallPiece = 256 << 10

// room gives buf the capacity for n more bytes of a piece.
func (a *assembler) room(n, want int) {
	size := len(a.buf) + n
	if size <= cap(a.buf) || size <= smallPiece && a.full == nil && a.place == nil {
		return
	}
	a.buf = append(pieceBuffers.take(want), a.buf...)
}

// nextSize returns the size of the piece that is being filled.
func (a *assembler) nextSize() int {
	if a.place == nil {
		return pieceSize
	}
	next := len(a.sent)
	if a.full != nil {
		next++
	}
	return max(sizeOfPiece(next, a.place.width), len(a.buf))
}

// finish uploads what was kept back and waits for all uploads. When that is
// less than a piece and nothing was sent before, it uploads nothing and returns
// it instead.
func (a *assembler) finish() (pieces []objstore.Piece, tail []byte, err error) {
	if a.place == nil && a.full == nil && len(a.buf) < objstore.MinPiece {
		return nil, a.buf, a.wait()
	}
	if err := a.flush(); err != nil {
		return nil, nil, err
	}
	return a.uploaded(), nil, nil
}

// rest takes what was kept back out of the assembler.
func (a *assembler) rest() []byte {
	rest := a.buf
	if a.full != nil {
		rest = append(a.full, a.buf...)
		pieceBuffers.put(a.buf)
	}
	a.full, a.buf = nil, nil
	return rest
}

// flush uploads what was kept back, whatever its size, and waits for all uploads.
func (a *assembler) flush() error {
	if rest := a.rest(); len(rest) > 0 {
		if err := a.send(rest); err != nil {
			return err
		}
	}
	return a.wait()
}

func (a *assembler) uploaded() []objstore.Piece {
	pieces := make([]objstore.Piece, len(a.sent))
	for i, p := range a.sent {
		pieces[i] = *p
	}
	return pieces
}

func (a *assembler) wait() error { return a.group.Wait() }

// send uploads a piece in the background. The body is the assembler's from now on.
func (a *assembler) send(body []byte) error {
	if a.place == nil {
		p, err := a.claim(a.ctx)
		if err != nil {
			return err
		}
		a.place = &p
		body = slices.Insert(body, 0, p.lead...)
	}
	if len(a.sent) >= a.place.width {
		return fault.WithRemedy(fault.New(fault.Invalid, "write %s: a part has more than %d pieces", a.key, a.place.width),
			"write several objects, or raise the sync's parallelism")
	}
	number := a.place.first + int32(len(a.sent))
	piece := new(objstore.Piece)
	a.sent = append(a.sent, piece)
	upload := a.place.upload
	a.group.Go(func() (err error) {
		*piece, err = a.bucket.UploadPiece(a.ctx, a.key, upload, number, body)
		// A store that has answered makes nothing of what an earlier try still sends it.
		if err == nil {
			pieceBuffers.put(body)
		}
		return err
	})
	return a.failed()
}

// failed returns why an upload failed, as soon as one did.
func (a *assembler) failed() error {
	if a.ctx.Err() != nil {
		return a.wait()
	}
	return nil
}

// stopUploads waits for what is on its way, so that no piece of a failed attempt
// arrives after the next attempt began.
func stopUploads(asm *assembler) error {
	err := asm.wait()
	if fault.Is(err, fault.Canceled) {
		return nil // it was stopped by the failure that is reported already
	}
	return err
}
