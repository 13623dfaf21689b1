package crc64_test

import (
	hashcrc64 "hash/crc64"
	"math/rand/v2"
	"testing"

	"github.com/longshore/longshore/pkg/objstore/crc64"
)

func TestChecksumOfTheCatalogue(t *testing.T) {
	const want uint64 = 0xae8b14860a799888 // CRC-64/NVME's check value
	if got := crc64.Checksum([]byte("123456789")); got != want {
		t.Errorf("got %#x, want %#x", got, want)
	}
	if got, want := crc64.Format(want), "rosUhgp5mIg="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := crc64.Checksum(nil); got != 0 {
		t.Errorf("nothing: got %#x, want 0", got)
	}
}

func TestUpdateIsChecksumOfTheWhole(t *testing.T) {
	data := random(t, 100_000)
	want := hashcrc64.Checksum(data, hashcrc64.MakeTable(0x9a6c9329ac4bc9b5))
	for _, cut := range []int{0, 1, 7, 63, 64, 65, 4096, 99_999, 100_000} {
		if got := crc64.Update(crc64.Checksum(data[:cut]), data[cut:]); got != want {
			t.Errorf("cut at %d: got %#x, want %#x", cut, got, want)
		}
	}
}

func TestCombine(t *testing.T) {
	data := random(t, 1<<20)
	want := crc64.Checksum(data)
	var combined uint64
	for rest := data; len(rest) > 0; {
		n := min(len(rest), 1+rand.IntN(200_000))
		combined = crc64.Combine(combined, crc64.Checksum(rest[:n]), int64(n))
		rest = rest[n:]
	}
	if combined != want {
		t.Errorf("got %#x, want %#x", combined, want)
	}
	if got := crc64.Combine(want, crc64.Checksum(nil), 0); got != want {
		t.Errorf("with nothing: got %#x, want %#x", got, want)
	}
}

func FuzzCombine(f *testing.F) {
	f.Add([]byte("1234"), []byte("56789"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		want := crc64.Checksum(append(append([]byte(nil), a...), b...))
		if got := crc64.Combine(crc64.Checksum(a), crc64.Checksum(b), int64(len(b))); got != want {
			t.Errorf("got %#x, want %#x", got, want)
		}
	})
}

func BenchmarkChecksum(b *testing.B) {
	data := random(b, 8<<20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		crc64.Checksum(data)
	}
}

func random(t testing.TB, n int) []byte {
	t.Helper()
	data := make([]byte, n)
	source := rand.NewChaCha8([32]byte{1})
	if _, err := source.Read(data); err != nil {
		t.Fatal(err)
	}
	return data
}
