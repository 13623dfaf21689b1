package clickhouse

import (
	"io"

	"github.com/ClickHouse/ch-go/compress"
)

// frameBytes is how much is compressed at a time.
const frameBytes = 1 << 20

var methods = map[string]compress.Method{"lz4": compress.LZ4, "zstd": compress.ZSTD}

// frames compresses what is written to it, frame by frame: a block needn't be in
// memory a second time.
type frames struct {
	to         io.Writer
	compressor *compress.Writer
	plain      []byte // of the frame that is being filled; its capacity is a frame
}

// Write implements io.Writer.
func (f *frames) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		free := f.plain[len(f.plain):cap(f.plain)]
		some := copy(free, p[n:])
		f.plain = f.plain[:len(f.plain)+some]
		if n += some; some == len(free) {
			err = f.end()
		}
	}
	return n, err
}

// end writes the frame that was begun.
func (f *frames) end() error {
	if len(f.plain) == 0 {
		return nil
	}
	if err := f.compressor.Compress(f.plain); err != nil {
		return err
	}
	f.plain = f.plain[:0]
	_, err := f.to.Write(f.compressor.Data)
	return err
}
