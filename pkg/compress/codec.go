// Package compress is the codecs of whole objects and files.
//
// Writing makes members: each call yields a complete gzip member or zstd frame,
// and members one after another are a valid file. That is how several workers
// compress one object, and several cores one piece. Reading finds the codec by
// the file's first bytes, never by its name, and takes any number of members.
package compress

import (
	"fmt"

	"github.com/longshore/longshore/pkg/fault"
)

// Codec is a way to compress a whole object. The zero Codec is None.
type Codec uint8

// The codecs. Gzip, Zstd and None are written and read, the others only read.
const (
	None Codec = iota
	Gzip
	Zstd
	Bzip2
	XZ
	Snappy
)

var codecs = [...]struct {
	name, extension, encoding string
	writes                    bool
}{
	None:   {"none", "", "", true},
	Gzip:   {"gzip", ".gz", "gzip", true},
	Zstd:   {"zstd", ".zst", "zstd", true},
	Bzip2:  {"bzip2", ".bz2", "", false},
	XZ:     {"xz", ".xz", "", false},
	Snappy: {"snappy", ".sz", "", false},
}

// String returns the codec's name as definitions spell it: "gzip".
func (c Codec) String() string {
	if int(c) < len(codecs) {
		return codecs[c].name
	}
	return fmt.Sprintf("codec(%d)", uint8(c))
}

// Extension returns what a compressed file's name ends in, with its dot: ".gz".
// It is empty for None.
func (c Codec) Extension() string {
	if int(c) < len(codecs) {
		return codecs[c].extension
	}
	return ""
}

// Encoding returns the HTTP Content-Encoding, empty where there is none.
func (c Codec) Encoding() string {
	if int(c) < len(codecs) {
		return codecs[c].encoding
	}
	return ""
}

// Writes reports whether we compress with the codec, besides reading it.
func (c Codec) Writes() bool { return int(c) < len(codecs) && codecs[c].writes }

// ParseWriter returns the codec of that name to write with. An empty name is
// None. The error is Invalid and lists the names.
func ParseWriter(name string) (Codec, error) {
	if name == "" {
		return None, nil
	}
	for c, d := range codecs {
		if d.name == name && d.writes {
			return Codec(c), nil
		}
	}
	return None, fault.New(fault.Invalid, "compression %q is unknown: want gzip, zstd or none", name)
}
