package compress

import (
	"bytes"
	"strings"

	"github.com/longshore/longshore/pkg/fault"
)

// magicBytes is how many bytes Detect wants.
const magicBytes = 10

// minMagic is the fewest bytes that tell a file that is cut within its magic bytes
// from a short text.
const minMagic = 3

// magics is the first bytes of compressed files. None of them begins a text.
var magics = []struct {
	magic string
	codec Codec
}{
	{"\x1f\x8b\x08", Gzip}, {"\x28\xb5\x2f\xfd", Zstd}, {"\xfd7zXZ\x00", XZ},
	{"\xff\x06\x00\x00sNaPpY", Snappy}, {"\xff\x06\x00\x00S2sTwO", Snappy},
}

// Detect returns the codec of a file that begins with start, of which it wants
// ten bytes where there are as many. It is None for anything else. A file that is
// cut within its magic bytes has their codec, so that it counts as cut.
func Detect(start []byte) Codec {
	for _, m := range magics {
		if bytes.HasPrefix(start, []byte(m.magic)) || len(start) >= minMagic && len(start) < magicBytes && bytes.HasPrefix([]byte(m.magic), start) {
			return m.codec
		}
	}
	switch {
	case len(start) >= 4 && start[0]&0xF0 == 0x50 && string(start[1:4]) == "\x2a\x4d\x18":
		return Zstd // that begins with a frame to be skipped
	case isBzip2(start):
		return Bzip2
	}
	return None
}

// isBzip2 knows a file by more than its three letters, which may begin a text:
// the level is followed by a block, or by the end of a file without one.
func isBzip2(start []byte) bool {
	const block, end = "\x31\x41\x59\x26\x53\x59", "\x17\x72\x45\x38\x50\x90"
	if !bytes.HasPrefix(start, []byte("BZh")) || len(start) < 6 {
		return false
	}
	next := string(start[4:min(len(start), magicBytes)])
	return strings.HasPrefix(block, next) || strings.HasPrefix(end, next)
}

// archives is the first bytes of what people put into buckets and nobody reads.
var archives = []struct{ magic, name string }{
	{"PK\x03\x04", "zip"}, {"7z\xbc\xaf\x27\x1c", "7z"}, {"Rar!\x1a\x07", "rar"}, {"\x04\x22\x4d\x18", "lz4"},
}

// refuse returns an Invalid error if a file begins like an archive.
func refuse(start []byte) error {
	for _, a := range archives {
		if bytes.HasPrefix(start, []byte(a.magic)) {
			err := fault.New(fault.Invalid, "the file is %s, which isn't read", a.name)
			return fault.WithRemedy(err, "compress it with gzip or zstd")
		}
	}
	return nil
}
