package export

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // as S3 makes ETags
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/objstore"
)

// The ranges of all slots and of the commit share out an object's piece numbers.
func TestSlotsDoNotOverlap(t *testing.T) {
	for parts := 1; parts <= maxParts; parts++ {
		next := int32(1)
		for slot := range parts {
			if first := firstPiece(slot, parts); first < next {
				t.Fatalf("%d parts: slot %d begins at piece %d, want %d or more", parts, slot, first, next)
			}
			next = firstPiece(slot, parts) + int32(slotWidth(parts))
		}
		if next > firstTailPiece {
			t.Errorf("%d parts: slots reach piece %d, the commit begins at %d", parts, next-1, firstTailPiece)
		}
	}
	if last := firstTailPiece + objstore.MaxPieces - partPieces - 1; last != objstore.MaxPieces {
		t.Errorf("the commit's last piece is %d", last)
	}
}

func TestPiecesGrow(t *testing.T) {
	const terabyte = 1 << 40
	for _, parts := range []int{1, 2, 8, 13, maxParts} {
		width, before, total := slotWidth(parts), 0, 0
		for i := range width {
			size := sizeOfPiece(i, width)
			if size < before || size < objstore.MinPiece || size > 5<<30 {
				t.Fatalf("%d parts: piece %d has %d bytes, the one before it %d", parts, i, size, before)
			}
			before, total = size, total+size
		}
		if all := total * parts; all < 2*terabyte {
			t.Errorf("%d parts: an object has %d bytes at most", parts, all)
		}
	}
}

func TestSegmentsStandBySlotAndThenByPart(t *testing.T) {
	all := []placed{
		{segment{Slot: -1}, 5}, {segment{Slot: 2}, 0}, {segment{Slot: -1}, 1}, {segment{Slot: 0}, 7}, {segment{Slot: 1}, 3},
	}
	slices.SortStableFunc(all, inObject)
	var got []int
	for _, p := range all {
		got = append(got, p.part)
	}
	if want := []int{7, 3, 0, 1, 5}; !slices.Equal(got, want) {
		t.Errorf("got parts %v, want %v", got, want)
	}
}

func TestChanges(t *testing.T) {
	id, name, wide := ledgerField{"id", "int64", true}, ledgerField{"name", "utf8", true}, ledgerField{"id", "utf8", true}
	required := ledgerField{"id", "int64", false}
	tests := []struct {
		name             string
		planned, present []ledgerField
		want             string
	}{
		{"none", []ledgerField{id, name}, []ledgerField{id, name}, ""},
		{"nullable alone", []ledgerField{id}, []ledgerField{required}, ""},
		{"new", []ledgerField{id}, []ledgerField{id, name}, "name is new"},
		{"gone", []ledgerField{id, name}, []ledgerField{id}, "name is gone"},
		{"retyped", []ledgerField{id}, []ledgerField{wide}, "id int64 became id utf8"},
		{"swapped", []ledgerField{id, name}, []ledgerField{name, id}, "id int64 became name utf8, name utf8 became id int64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := changes(tt.planned, tt.present); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// counting is a bucket that keeps the sizes of pieces, to be counted.
type counting struct {
	Bucket
	mu    sync.Mutex
	sizes map[int32]int // guarded by mu
	sum   int           // of all bytes' values; guarded by mu
	fail  error
}

func (c *counting) UploadPiece(_ context.Context, _, _ string, number int32, body []byte) (objstore.Piece, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sizes[number] += len(body)
	for _, b := range body {
		c.sum += int(b)
	}
	return objstore.Piece{Number: number, Size: int64(len(body))}, c.fail
}

// Whatever the writes, every piece but the last of the commit has what S3 asks
// for, numbers have no gaps, and no byte is lost.
func TestEveryPieceIsLargeEnough(t *testing.T) {
	const mib = 1 << 20
	chunk := bytes.Repeat([]byte{1}, pieceSize)
	tests := []struct {
		name                 string
		total, write, pieces int
		give                 bool
	}{
		{"nothing", 0, 1, 0, false},
		{"a tail", objstore.MinPiece - 1, 64 << 10, 0, false},
		{"just a piece", objstore.MinPiece, 64 << 10, 1, false},
		{"one that holds the rest back", pieceSize + objstore.MinPiece - 1, mib, 1, false},
		{"two", pieceSize + objstore.MinPiece, mib, 2, false},
		{"large writes", 64 * mib, 4*mib + 17, 8, false},
		{"buffers that are pieces", 4 * pieceSize, pieceSize, 4, true},
		{"buffers and a rest", 3*7*mib + mib, 7 * mib, 3, true},
		{"buffers and a last piece", 3*7*mib + 5*mib, 7 * mib, 4, true},
		{"buffers that are too small", 64 * mib, 4*mib + 17, 8, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lead := []byte{1, 1, 1}
			b := &counting{sizes: map[int32]int{}}
			claims := 0
			asm := newAssembler(t.Context(), b, "k", func(context.Context) (place, error) {
				claims++
				return place{upload: "u", slot: 3, first: 301, width: 100, lead: lead}, nil
			})
			for left := tt.total; left > 0; left -= min(left, tt.write) {
				var err error
				if part := chunk[:min(left, tt.write)]; tt.give {
					_, err = asm.give(bytes.Clone(part))
				} else {
					err = asm.write(part)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			pieces, tail, err := asm.finish()
			if err != nil || len(pieces) != tt.pieces || claims != min(1, tt.pieces) || asm.size != int64(tt.total) {
				t.Fatalf("got %d pieces after %d claims, size %d, %v", len(pieces), claims, asm.size, err)
			}
			if tt.pieces > 0 {
				tt.total += len(lead)
			}
			if got := b.sum + len(tail); got != tt.total {
				t.Errorf("got %d bytes in pieces and tail, want %d", got, tt.total)
			}
			for i, p := range pieces {
				if p.Number != int32(301+i) || b.sizes[p.Number] < objstore.MinPiece || p.Size != int64(b.sizes[p.Number]) {
					t.Errorf("piece %d: got %+v of %d bytes", i, p, b.sizes[p.Number])
				}
			}
		})
	}
}

func TestAnAssemblerFails(t *testing.T) {
	full := func(context.Context) (place, error) { return place{first: 1, width: 1}, nil }
	no := errors.New("no")
	tests := []struct {
		name  string
		claim func(context.Context) (place, error)
		fail  error
	}{
		{"no place", func(context.Context) (place, error) { return place{}, no }, nil},
		{"an upload", func(context.Context) (place, error) { return place{first: 1, width: 100}, nil }, no},
		{"no room", full, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asm := newAssembler(t.Context(), &counting{sizes: map[int32]int{}, fail: tt.fail}, "k", tt.claim)
			var err error
			for range 4 {
				if err = asm.write(make([]byte, pieceSize)); err != nil {
					break
				}
			}
			if err == nil {
				_, _, err = asm.finish()
			}
			if err == nil || tt.name != "no room" && !errors.Is(err, no) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// marks is a frame whose parts can be told apart.
type marks struct{}

func (marks) Opening() []byte   { return []byte("<") }
func (marks) Separator() []byte { return []byte("|") }

func (marks) Closing([]format.Segment) ([]byte, error) { return []byte(">"), nil }

// The commit writes what parts didn't, and knows where each segment stands.
func TestLayout(t *testing.T) {
	uploaded := func(slot int, lead, size int64) segment { return segment{Slot: slot, Lead: lead, Size: size} }
	tail := segment{Slot: -1, Size: 4}
	tests := []struct {
		name     string
		segments []segment
		rest     string // what the commit writes, before the closing
		offsets  []int64
	}{
		{"nothing", nil, "<", nil},
		{"one tail", []segment{tail}, "<tail", []int64{1}},
		{"two tails", []segment{tail, tail}, "<tail|tail", []int64{1, 6}},
		{"pieces", []segment{uploaded(0, 1, 10), uploaded(1, 1, 20)}, "", []int64{1, 12}},
		{"pieces and tails", []segment{uploaded(0, 1, 10), tail, tail}, "|tail|tail", []int64{1, 12, 17}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			codec, err := compress.NewAppender(compress.None, 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			l := layout{frame: marks{}, codec: codec}
			for _, s := range tt.segments {
				l.place(s)
			}
			asm := newAssembler(t.Context(), nil, "k", nil)
			if err := l.open(asm); err != nil {
				t.Fatal(err)
			}
			for _, s := range tt.segments {
				if s.Slot < 0 {
					if err := l.tail(asm, s, []byte("tail")); err != nil {
						t.Fatal(err)
					}
				}
			}
			var offsets []int64
			for _, s := range l.segments {
				offsets = append(offsets, s.Offset)
			}
			if string(asm.buf) != tt.rest || !slices.Equal(offsets, tt.offsets) {
				t.Errorf("got %q and offsets %v, want %q and %v", asm.buf, offsets, tt.rest, tt.offsets)
			}
		})
	}
}

func TestMultipartETag(t *testing.T) {
	md5s := []objstore.Piece{{ETag: "d41d8cd98f00b204e9800998ecf8427e"}, {ETag: "d41d8cd98f00b204e9800998ecf8427e"}}
	empty := md5.Sum(nil)
	twice := md5.Sum(append(empty[:], empty[:]...))
	if got, want := multipartETag(md5s), fmt.Sprintf("%x-2", twice); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := multipartETag([]objstore.Piece{{ETag: "opaque"}}); got != "" {
		t.Errorf("got %s of an opaque piece, want nothing", got)
	}
}
