package libs

import (
	"bytes"
	stdgzip "compress/gzip"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/longshore/longshore/pkg/compress"
)

// Levels are what each uses unless told otherwise, and the fastest beside them.
func BenchmarkCompress(b *testing.B) {
	compare(b,
		lib{"longshore-gzip", appender(compress.Gzip)},
		lib{"compress-gzip-6", gzipped(func(w io.Writer) (resetter, error) { return stdgzip.NewWriterLevel(w, 6) })},
		lib{"compress-gzip-1", gzipped(func(w io.Writer) (resetter, error) { return stdgzip.NewWriterLevel(w, 1) })},
		lib{"klauspost-gzip-6", gzipped(func(w io.Writer) (resetter, error) { return gzip.NewWriterLevel(w, 6) })},
		lib{"klauspost-gzip-1", gzipped(func(w io.Writer) (resetter, error) { return gzip.NewWriterLevel(w, 1) })},
		lib{"longshore-zstd", appender(compress.Zstd)},
		lib{"klauspost-zstd", gzipped(func(w io.Writer) (resetter, error) {
			return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
		})})
}

func BenchmarkDecompress(b *testing.B) {
	compare(b,
		lib{"longshore-gzip", expand(compress.Gzip, func(r io.Reader) (io.Reader, error) { out, _, err := compress.NewReader(r); return out, err })},
		lib{"compress-gzip", expand(compress.Gzip, func(r io.Reader) (io.Reader, error) { return stdgzip.NewReader(r) })},
		lib{"klauspost-gzip", expand(compress.Gzip, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })},
		lib{"longshore-zstd", expand(compress.Zstd, func(r io.Reader) (io.Reader, error) { out, _, err := compress.NewReader(r); return out, err })},
		lib{"klauspost-zstd", expand(compress.Zstd, func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r, zstd.WithDecoderConcurrency(1)) })})
}

// appender is Longshore's on one core.
func appender(codec compress.Codec) func(*testing.B) func() {
	return func(b *testing.B) func() {
		b.Helper()
		body := object(b, "csv")
		a, err := compress.NewAppender(codec, 0, 1)
		if err != nil {
			b.Fatal(err)
		}
		var out []byte
		return func() {
			if out, err = a.Append(out[:0], body); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// resetter is the writers that can be used again.
type resetter interface {
	io.WriteCloser
	Reset(w io.Writer)
}

func gzipped(open func(io.Writer) (resetter, error)) func(*testing.B) func() {
	return func(b *testing.B) func() {
		b.Helper()
		body := object(b, "csv")
		var out bytes.Buffer
		w, err := open(&out)
		if err != nil {
			b.Fatal(err)
		}
		return func() {
			out.Reset()
			w.Reset(&out)
			if _, err := w.Write(body); err != nil {
				b.Fatal(err)
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func expand(codec compress.Codec, open func(io.Reader) (io.Reader, error)) func(*testing.B) func() {
	return func(b *testing.B) func() {
		b.Helper()
		body := object(b, "csv")
		packed, err := compress.Member(nil, body, codec, 0)
		if err != nil {
			b.Fatal(err)
		}
		buf := make([]byte, 128<<10)
		return func() {
			r, err := open(bytes.NewReader(packed))
			if err != nil {
				b.Fatal(err)
			}
			var n int64
			for err == nil {
				var k int
				k, err = r.Read(buf)
				n += int64(k)
			}
			if err != io.EOF || n != int64(len(body)) {
				b.Fatalf("got %d bytes and %v, want %d", n, err, len(body))
			}
			switch c := r.(type) {
			case *zstd.Decoder:
				c.Close()
			case io.Closer:
				c.Close()
			}
		}
	}
}
