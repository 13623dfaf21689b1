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

// Limits bounds what a compressed file may become, so that a small object can't
// keep a worker busy for ever.
type Limits struct {
	// MaxBytes is the most bytes a file may have decompressed. Zero is no limit.
	MaxBytes int64
	// MaxRatio is how many times its compressed size a file may become. It counts
	// from RatioFrom bytes on. Zero is 2000, twice what gzip reaches on zeros;
	// zstd and xz go far beyond it.
	MaxRatio int64
}

// RatioFrom is the decompressed size from which Limits.MaxRatio is checked, in
// bytes: a small file of zeros is no bomb.
const RatioFrom = 64 << 20

const (
	defaultMaxRatio = 2000
	readAhead       = 256 << 10 // bytes read from the stream at once
	maxWindow       = 256 << 20 // bytes of memory a zstd frame may ask for
)

// NewReader returns a reader of the content of a compressed file, which it knows
// by its first bytes, and the codec. Any number of gzip members, or frames of the
// others, are read as one file. What isn't compressed passes through.
//
// Reading returns an Invalid error that names the codec where the file is
// damaged or cut short, or goes beyond the limits, and errors of in as they are.
// Close frees memory; it doesn't close in.
func NewReader(in io.Reader) (io.ReadCloser, Codec, error) { return NewLimitedReader(in, Limits{}) }

// NewLimitedReader is NewReader with limits.
func NewLimitedReader(in io.Reader, limits Limits) (io.ReadCloser, Codec, error) {
	if limits.MaxRatio <= 0 {
		limits.MaxRatio = defaultMaxRatio
	}
	src := &counted{in: in}
	buffered := bufio.NewReaderSize(src, readAhead)
	start, err := buffered.Peek(magicBytes)
	if err != nil && err != io.EOF {
		return nil, None, err
	}
	if err := refuse(start); err != nil {
		return nil, None, err
	}
	r := &reader{src: src, codec: Detect(start), limits: limits}
	out, err := open(r.codec, buffered)
	if err != nil {
		return nil, r.codec, r.explain(err)
	}
	r.out = out
	return r, r.codec, nil
}

func open(codec Codec, in io.Reader) (io.Reader, error) {
	switch codec {
	case Gzip:
		return gzip.NewReader(in)
	case Zstd:
		return zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	case Bzip2:
		return bzip2.NewReader(in), nil
	case XZ:
		return xz.NewReader(in)
	case Snappy:
		return s2.NewReader(in), nil
	}
	return in, nil
}

// reader counts what comes out and gives errors their kind.
type reader struct {
	src    *counted
	out    io.Reader
	codec  Codec
	limits Limits
	bytes  int64 // returned so far
	err    error // sticky
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.out.Read(p)
	r.bytes += int64(n)
	switch {
	case err == nil:
		err = r.check()
	case err == io.EOF && r.codec == XZ && string(r.src.tail[:]) != "YZ":
		err = io.ErrUnexpectedEOF // the library takes a stream without its footer for an end
	}
	if err != nil {
		r.err = r.explain(err)
	}
	return n, r.err
}

func (r *reader) check() error {
	if most := r.limits.MaxBytes; most > 0 && r.bytes > most {
		return fault.New(fault.Invalid, "the %s file has more than %d bytes decompressed", r.codec, most)
	}
	if r.codec != None && r.bytes > RatioFrom && r.bytes/r.limits.MaxRatio > r.src.bytes {
		return fault.New(fault.Invalid, "the %s file grows to more than %d times its size: it looks like a bomb", r.codec, r.limits.MaxRatio)
	}
	return nil
}

// explain gives an error its kind: the stream's errors keep theirs.
func (r *reader) explain(err error) error {
	var known *fault.Error
	switch {
	case err == io.EOF && r.out != nil, r.codec == None:
		return err
	case r.src.err != nil:
		return r.src.err
	case errors.As(err, &known):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), err == io.EOF:
		return fault.New(fault.Invalid, "the %s file is cut short after %d bytes", r.codec, r.src.bytes)
	}
	return fault.New(fault.Invalid, "the %s file is damaged near byte %d: %w", r.codec, r.src.bytes, err)
}

// Close implements io.Closer.
func (r *reader) Close() error {
	if z, ok := r.out.(*zstd.Decoder); ok {
		z.Close()
	}
	r.err = errClosed
	return nil
}

var errClosed = errors.New("read after close")

// counted counts the bytes read from a stream and keeps its error apart from
// those of a decompressor.
type counted struct {
	in    io.Reader
	bytes int64
	err   error   // but io.EOF
	tail  [2]byte // the last bytes before any zeros at the end
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.bytes += int64(n)
	if end := bytes.TrimRight(p[:n], "\x00"); len(end) >= 2 {
		c.tail = [2]byte(end[len(end)-2:])
	} else if len(end) == 1 {
		c.tail = [2]byte{c.tail[1], end[0]}
	}
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}
