package compress_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/klauspost/compress/s2"

	"github.com/longshore/longshore/pkg/compress"
)

// TestReadingAllocatesNothing reads MiB after MiB of a file of one member: once the
// codec has its buffers, they take no allocations. Bzip2 and xz are left out: their
// libraries allocate as they like.
func TestReadingAllocatesNothing(t *testing.T) {
	const warm, counted = 2, 4 // MiB
	body := text((warm + 2*counted) << 20)
	files := map[compress.Codec][]byte{compress.None: body}
	for _, codec := range []compress.Codec{compress.Gzip, compress.Zstd} {
		file, err := compress.Member(nil, body, codec, 0)
		if err != nil {
			t.Fatal(err)
		}
		files[codec] = file
	}
	var framed bytes.Buffer
	w := s2.NewWriter(&framed, s2.WriterSnappyCompat())
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	files[compress.Snappy] = framed.Bytes()
	for codec, file := range files {
		t.Run(codec.String(), func(t *testing.T) {
			r, _, err := compress.NewReader(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			buf := make([]byte, 1<<20)
			read := func(n int) {
				for range n {
					if _, err := io.ReadFull(r, buf); err != nil {
						t.Fatal(err)
					}
				}
			}
			read(warm)
			if got := testing.AllocsPerRun(1, func() { read(counted) }); got > 0 {
				t.Errorf("got %v allocations in %d MiB, want none", got, counted)
			}
		})
	}
}
