package parquet

import (
	"bytes"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

// codecOf returns the codec that WriteOptions.Compression names.
func codecOf(name string) (meta.Codec, error) {
	switch name {
	case "", "zstd":
		return meta.Zstd, nil
	case "snappy":
		return meta.Snappy, nil
	case "gzip":
		return meta.Gzip, nil
	case "none":
		return meta.Uncompressed, nil
	}
	return 0, fault.New(fault.Invalid, "parquet compression %q: one of zstd, snappy, gzip and none expected", name)
}

// compressor compresses the pages of one segment, one after the other.
type compressor struct {
	codec meta.Codec
	zstd  *zstd.Encoder
	gzip  *gzip.Writer
	buf   bytes.Buffer // gzip's
	out   []byte       // the last page; reused
	body  []byte       // for callers: the page before compression; reused
}

func newCompressor(codec meta.Codec) (*compressor, error) {
	c := &compressor{codec: codec}
	var err error
	switch codec {
	case meta.Zstd:
		c.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false), zstd.WithWindowSize(1<<20))
	case meta.Gzip:
		c.gzip, err = gzip.NewWriterLevel(&c.buf, 4)
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "start %s: %w", codec, err)
	}
	return c, nil
}

// page returns src compressed. The slice is valid until the next call.
func (c *compressor) page(src []byte) ([]byte, error) {
	switch c.codec {
	case meta.Zstd:
		c.out = c.zstd.EncodeAll(src, c.out[:0])
	case meta.Snappy:
		if n := s2.MaxEncodedLen(len(src)); cap(c.out) < n {
			c.out = make([]byte, n)
		}
		c.out = s2.EncodeSnappy(c.out[:cap(c.out)], src)
	case meta.Gzip:
		return c.deflate(src)
	default:
		return src, nil
	}
	return c.out, nil
}

func (c *compressor) deflate(src []byte) ([]byte, error) {
	c.buf.Reset()
	c.gzip.Reset(&c.buf)
	if _, err := c.gzip.Write(src); err != nil {
		return nil, fault.New(fault.Unknown, "compress page: %w", err)
	}
	if err := c.gzip.Close(); err != nil {
		return nil, fault.New(fault.Unknown, "compress page: %w", err)
	}
	return c.buf.Bytes(), nil
}
