package compress

import (
	"bytes"

	"github.com/longshore/longshore/pkg/fault"
)

// magicBytes is how many bytes Detect wants.
const magicBytes = 10

// Detect returns the codec of a file that begins with start, of which it wants
// ten bytes where there are as many. It is None for anything else.
func Detect(start []byte) Codec {
	begins := func(magic string) bool { return bytes.HasPrefix(start, []byte(magic)) }
	switch {
	case begins("\x1f\x8b\x08"):
		return Gzip
	case begins("\x28\xb5\x2f\xfd"):
		return Zstd
	case len(start) >= 4 && start[0]&0xF0 == 0x50 && string(start[1:4]) == "\x2a\x4d\x18":
		return Zstd // that begins with a frame to be skipped
	case begins("BZh") && len(start) >= magicBytes && (string(start[4:10]) == "\x31\x41\x59\x26\x53\x59" || string(start[4:10]) == "\x17\x72\x45\x38\x50\x90"):
		return Bzip2
	case begins("\xfd7zXZ\x00"):
		return XZ
	case begins("\xff\x06\x00\x00sNaPpY"), begins("\xff\x06\x00\x00S2sTwO"):
		return Snappy
	}
	return None
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
