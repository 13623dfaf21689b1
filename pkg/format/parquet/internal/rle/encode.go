// Package rle is Parquet's hybrid of run lengths and bit-packed groups, in which
// levels and dictionary indexes stand.
//
//	run     = varint(n << 1)        value, in (width+7)/8 bytes, n times
//	groups  = varint(n << 1 | 1)    n groups of 8 values, width bits each
//
// Decoding is a stream: it makes as many values as are asked for and allocates
// nothing, whatever a run claims to hold.
package rle

import (
	"encoding/binary"
	"math/bits"
)

// Width returns how many bits it takes to tell n values apart, 0 to n-1.
func Width(n int) int {
	if n <= 1 {
		return 0
	}
	return bits.Len(uint(n - 1))
}

const maxGroups = 63 // in a bit-packed run: its head takes one byte

// Append appends the hybrid encoding of src to dst. No value may have more than
// width bits. A last group that isn't full is padded with zeros.
func Append[T ~uint8 | ~uint32](dst []byte, src []T, width int) []byte {
	for len(src) > 0 {
		if n := run(src); n >= 8 || n == len(src) {
			dst = appendRun(dst, src[0], n, width)
			src = src[n:]
			continue
		}
		n := literals(src)
		groups := (n + 7) / 8
		dst = append(dst, byte(groups<<1|1))
		dst = appendPacked(dst, src[:n], width)
		src = src[n:]
	}
	return dst
}

// run returns how many values at the beginning of src are equal.
func run[T ~uint8 | ~uint32](src []T) int {
	first := src[0]
	for i, v := range src {
		if v != first {
			return i
		}
	}
	return len(src)
}

// literals returns how many values go into one bit-packed run: whole groups
// until one begins a run worth having, or all that is left.
func literals[T ~uint8 | ~uint32](src []T) int {
	n := 8
	for n < len(src) && n < maxGroups*8 {
		if end := n + 8; end <= len(src) && equal8(src[n:end]) {
			return n
		}
		n += 8
	}
	return min(n, len(src))
}

func equal8[T ~uint8 | ~uint32](s []T) bool {
	_ = s[7]
	f := s[0]
	return s[1] == f && s[2] == f && s[3] == f && s[4] == f && s[5] == f && s[6] == f && s[7] == f
}

func appendRun[T ~uint8 | ~uint32](dst []byte, v T, n, width int) []byte {
	dst = binary.AppendUvarint(dst, uint64(n)<<1)
	for u := uint32(v); width > 0; width -= 8 {
		dst = append(dst, byte(u))
		u >>= 8
	}
	return dst
}

// appendPacked packs src, little end first, padded to whole groups of 8.
func appendPacked[T ~uint8 | ~uint32](dst []byte, src []T, width int) []byte {
	size := (len(src) + 7) / 8 * width
	var acc uint64
	var have int
	for _, v := range src {
		acc |= uint64(v) << have
		if have += width; have >= 32 {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(acc))
			acc >>= 32
			have -= 32
			size -= 4
		}
	}
	for ; size > 0; size-- {
		dst = append(dst, byte(acc))
		acc >>= 8
	}
	return dst
}
