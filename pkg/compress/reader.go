package compress

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/longshore/longshore/pkg/fault"
)

const (
	// maxRatio is how many bytes a compressed byte may become: a thousand is what
	// gzip reaches on zeros, zstd goes far beyond it.
	maxRatio = 2000
	// freeBytes is how many bytes come out before the ratio is looked at: a small
	// file of zeros is no bomb.
	freeBytes = 256 << 20
	// maxWindow is the largest window of a zstd frame that is accepted, in bytes:
	// it is held in memory.
	maxWindow = 128 << 20
)

// magics are the first bytes of each codec's files.
var magics = []struct {
	codec Codec
	bytes string
}{
	{Gzip, "\x1f\x8b"},
	{Zstd, "\x28\xb5\x2f\xfd"},
	{Bzip2, "BZh"},
	{XZ, "\xfd7zXZ\x00"},
	{Snappy, "\xff\x06\x00\x00sNaPpY"},
}

// Detect returns the codec of a file that begins with start, of which it wants
// ten bytes where there are as many. It is None for anything else.
func Detect(start []byte) Codec {
	for _, m := range magics {
		if bytes.HasPrefix(start, []byte(m.bytes)) {
			return m.codec
		}
	}
	// A zstd file may begin with a frame that is to be skipped.
	if len(start) >= 4 && start[0]&0xf0 == 0x50 && bytes.Equal(start[1:4], []byte("\x2a\x4d\x18")) {
		return Zstd
	}
	return None
}

// NewReader returns what is in r, decompressed, and the codec that it found by
// the first bytes. Any number of members one after another are read. Reading
// fails with an error of kind Invalid where the data is damaged or ends early,
// and where it grows beyond all reason (a bomb); an error of r passes as it is.
// Close frees memory; it doesn't close r.
func NewReader(r io.Reader) (io.ReadCloser, Codec, error) {
	src := &counted{r: r}
	buffered := bufio.NewReaderSize(src, 256<<10)
	start, err := buffered.Peek(10)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, None, err
	}
	codec := Detect(start)
	plain, err := open(codec, buffered)
	if err != nil {
		return nil, codec, src.blame(codec, err)
	}
	return &reader{plain: plain, codec: codec, src: src}, codec, nil
}

func open(codec Codec, r *bufio.Reader) (io.Reader, error) {
	switch codec {
	case Gzip:
		return gzip.NewReader(r)
	case Zstd:
		return zstd.NewReader(r, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderConcurrency(1))
	case Bzip2:
		return bzip2.NewReader(r), nil
	case XZ:
		return xz.NewReader(r)
	case Snappy:
		return s2.NewReader(r), nil
	}
	return r, nil
}

// reader counts what comes out and gives errors their kind.
type reader struct {
	plain io.Reader
	codec Codec
	src   *counted
	out   int64
}

// Read implements io.Reader.
func (d *reader) Read(p []byte) (int, error) {
	n, err := d.plain.Read(p)
	d.out += int64(n)
	if d.codec != None && d.out > freeBytes && d.out > maxRatio*d.src.n {
		return n, fault.New(fault.Invalid, "the %s data grows to more than %d times its size: it looks like a bomb", d.codec, maxRatio)
	}
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return n, d.src.blame(d.codec, err)
	}
	return n, err
}

// Close implements io.Closer.
func (d *reader) Close() error {
	if z, ok := d.plain.(*zstd.Decoder); ok {
		z.Close()
	}
	return nil
}

// counted counts what is read and remembers why reading failed.
type counted struct {
	r   io.Reader
	n   int64
	err error // of r, other than io.EOF
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

// blame returns the source's own error where it had one; otherwise what went
// wrong is the data's fault.
func (c *counted) blame(codec Codec, err error) error {
	if c.err != nil {
		return c.err
	}
	if codec == None {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.New(fault.Invalid, "the %s data ends early after %d bytes", codec, c.n)
	}
	return fault.New(fault.Invalid, "the %s data is damaged: %w", codec, err)
}
