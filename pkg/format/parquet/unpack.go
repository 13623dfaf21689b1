package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

// unpacker decompresses the pages of a file. A page that yields more or less than
// its header says is an error, and takes no more memory than that.
type unpacker struct {
	zstd   *zstd.Decoder
	gzip   *gzip.Reader
	brotli *brotli.Reader
	src    bytes.Reader
}

var errLength = errors.New("page has another length than its header says")

// greatestRatio is how much longer than its compressed form a page can be, by
// codec, where the format has a limit. It is looked at before memory is taken.
var greatestRatio = map[meta.Codec]int{meta.Snappy: 32, meta.Gzip: 1100, meta.LZ4: 256, meta.LZ4Raw: 256}

// plausible reports whether so many bytes may decompress to so many.
func plausible(codec meta.Codec, packed, size int) bool {
	ratio, known := greatestRatio[codec]
	return !known || size <= 64+packed*ratio
}

// page decompresses src into dst, which has the length that it must fill. A
// panic of the codec's library is an error that names the codec.
func (u *unpacker) page(codec meta.Codec, dst, src []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %v", codec, p)
		}
	}()
	return u.decode(codec, dst, src)
}

func (u *unpacker) decode(codec meta.Codec, dst, src []byte) error {
	switch codec {
	case meta.Uncompressed:
		if len(src) != len(dst) {
			return errLength
		}
		copy(dst, src)
		return nil
	case meta.Snappy:
		n, err := snappy.DecodedLen(src)
		if err != nil || n != len(dst) {
			return errLength
		}
		_, err = snappy.Decode(dst, src)
		return err
	case meta.Zstd:
		return u.zstandard(dst, src)
	case meta.Gzip:
		return u.deflate(dst, src)
	case meta.Brotli:
		u.src.Reset(src)
		if u.brotli == nil {
			u.brotli = brotli.NewReader(&u.src)
		} else if err := u.brotli.Reset(&u.src); err != nil {
			return err
		}
		return fill(dst, u.brotli)
	case meta.LZ4Raw:
		return lz4Block(dst, src)
	case meta.LZ4:
		return lz4Framed(dst, src)
	}
	return fmt.Errorf("compression %s isn't supported", codec)
}

func (u *unpacker) zstandard(dst, src []byte) error {
	if u.zstd == nil {
		var err error
		u.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return err
		}
	}
	out, err := u.zstd.DecodeAll(src, dst[:0:len(dst)])
	if err == nil && len(out) != len(dst) {
		return errLength
	}
	return err
}

func (u *unpacker) deflate(dst, src []byte) error {
	u.src.Reset(src)
	if u.gzip == nil {
		u.gzip = new(gzip.Reader)
	}
	if err := u.gzip.Reset(&u.src); err != nil {
		return err
	}
	return fill(dst, u.gzip)
}

// fill reads exactly dst from r, and then its end.
func fill(dst []byte, r io.Reader) error {
	if _, err := io.ReadFull(r, dst); err != nil {
		return err
	}
	var one [1]byte
	if n, err := r.Read(one[:]); n > 0 {
		return errLength
	} else if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func lz4Block(dst, src []byte) error {
	n, err := lz4.UncompressBlock(src, dst)
	if err == nil && n != len(dst) {
		return errLength
	}
	return err
}

// lz4Framed reads the old LZ4 codec, which is ambiguous: blocks with both lengths
// before them, as Hadoop writes, or one bare block.
func lz4Framed(dst, src []byte) error {
	from, to := src, dst
	for len(from) >= 8 {
		raw, packed := int64(binary.BigEndian.Uint32(from)), int64(binary.BigEndian.Uint32(from[4:]))
		if raw > int64(len(to)) || packed > int64(len(from)-8) {
			break
		}
		if lz4Block(to[:raw], from[8:8+packed]) != nil {
			break
		}
		from, to = from[8+packed:], to[raw:]
	}
	if len(from) == 0 && len(to) == 0 {
		return nil
	}
	return lz4Block(dst, src)
}

func (u *unpacker) close() {
	if u.zstd != nil {
		u.zstd.Close()
	}
}
