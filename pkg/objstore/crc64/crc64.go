// Package crc64 is CRC-64/NVME, the checksum that S3 keeps for a whole object.
//
// It is the one checksum that needs nobody to read an object again: the sums of
// the pieces combine into the sum of the whole, in any order of arrival.
//
//	object  | piece 1 | piece 2 | piece 3 |
//	sum     Combine(Combine(s1, s2, len 2), s3, len 3) = Checksum(object)
package crc64

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/minio/crc64nvme"
)

// poly is x⁶⁴'s remainder, reflected: the highest bit is the coefficient of x⁰.
const poly = 0x9a6c9329ac4bc9b5

// Checksum returns the sum of data.
func Checksum(data []byte) uint64 { return crc64nvme.Checksum(data) }

// Update returns the sum of what sum was made of followed by data. The sum of
// nothing is 0.
func Update(sum uint64, data []byte) uint64 { return crc64nvme.Update(sum, data) }

// Combine returns the sum of a followed by b, from their sums and the length of
// b in bytes.
func Combine(a, b uint64, lenB int64) uint64 {
	// Appending n bytes multiplies a's polynomial by x^(8n).
	return multiply(power(8*uint64(lenB)), a) ^ b
}

// Format writes a sum as S3's x-amz-checksum-crc64nvme header does: base64 of
// its bytes, the highest first.
func Format(sum uint64) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, sum))
}

// one is the polynomial 1.
const one = uint64(1) << 63

// multiply returns a·b modulo the polynomial.
func multiply(a, b uint64) uint64 {
	var product uint64
	for ; a != 0; a <<= 1 {
		if a&one != 0 {
			product ^= b
		}
		b = timesX(b)
	}
	return product
}

// power returns x^n modulo the polynomial, by squaring.
func power(n uint64) uint64 {
	result, square := one, timesX(one)
	for ; n != 0; n >>= 1 {
		if n&1 != 0 {
			result = multiply(result, square)
		}
		square = multiply(square, square)
	}
	return result
}

func timesX(a uint64) uint64 {
	if a&1 != 0 {
		return a>>1 ^ poly
	}
	return a >> 1
}
