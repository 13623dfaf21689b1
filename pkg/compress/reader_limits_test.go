package compress_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
)

func readAll(in io.Reader, limits compress.Limits) (string, error) {
	r, _, err := compress.NewLimitedReader(in, limits)
	if err != nil {
		return "", err
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	return string(content), err
}

// TestMembersAreOneFile reads two files one after another through streams that
// give little at a time, or their end with the last bytes.
func TestMembersAreOneFile(t *testing.T) {
	body := strings.Repeat("1,some text\n", 20_000)
	for codec, file := range samples(t, []byte(body)) {
		file = bytes.Repeat(file, 2)
		for name, in := range map[string]io.Reader{"half": iotest.HalfReader(bytes.NewReader(file)), "data and end": iotest.DataErrReader(bytes.NewReader(file))} {
			if got, err := readAll(in, compress.Limits{}); err != nil || got != body+body {
				t.Errorf("%s, %s: got %d bytes, %v, want %d", codec, name, len(got), err, 2*len(body))
			}
		}
	}
}

func TestDamagedFilesAreInvalid(t *testing.T) {
	var body strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&body, "%d,row number %d\n", i, i*7919)
	}
	for codec, file := range samples(t, []byte(body.String())) {
		if codec == compress.None {
			continue
		}
		for i := len(file) / 2; i < len(file)/2+8; i++ {
			file[i] ^= 0xFF
		}
		if _, err := readAll(bytes.NewReader(file), compress.Limits{}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), codec.String()) {
			t.Errorf("%s: got %v, want invalid", codec, err)
		}
	}
}

func TestPlainTextThatBeginsLikeACodec(t *testing.T) {
	for _, text := range []string{"", "a", "BZh1 is how this begins", "\x1f\x8b", "\x1f\x8b\x07 not deflate"} {
		if got, err := readAll(strings.NewReader(text), compress.Limits{}); err != nil || got != text {
			t.Errorf("got %q, %v, want %q", got, err, text)
		}
	}
}

func TestLimits(t *testing.T) {
	zeros := strings.Repeat("\x00", 2*compress.RatioFrom)
	bomb, err := compress.Member(nil, []byte(zeros), compress.Zstd, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(bytes.NewReader(bomb), compress.Limits{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("bomb of %d bytes: got %v, want invalid", len(bomb), err)
	}
	if got, err := readAll(bytes.NewReader(bomb), compress.Limits{MaxRatio: 1 << 30}); err != nil || len(got) != len(zeros) {
		t.Errorf("a higher ratio: got %d bytes, %v", len(got), err)
	}
	if _, err := readAll(bytes.NewReader(bomb), compress.Limits{MaxRatio: 1 << 30, MaxBytes: 1 << 20}); !fault.Is(err, fault.Invalid) {
		t.Errorf("more bytes than the limit: got %v, want invalid", err)
	}
}

func TestArchivesAreNamed(t *testing.T) {
	for name, magic := range map[string]string{"zip": "PK\x03\x04rest of it", "7z": "7z\xbc\xaf\x27\x1crest", "lz4": "\x04\x22\x4d\x18rest"} {
		if _, err := readAll(strings.NewReader(magic), compress.Limits{}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want invalid", name, err)
		}
	}
}
