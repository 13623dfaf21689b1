// Package objstore is the words for objects in buckets: what a store answers
// and what it is asked. The one store is S3 and what speaks its protocol
// (package s3); who uses it declares an interface of the methods it calls.
package objstore

import "time"

// Object is what a store knows of one object.
type Object struct {
	// Key is the object's name in its bucket.
	Key string
	// Size is in bytes.
	Size int64
	// ETag changes with the content. It has no quotes around it.
	ETag string
	// Modified is when the object became visible, in UTC.
	Modified time.Time
}

// PutOptions says how an object is written.
type PutOptions struct {
	// ContentType is the object's media type; empty leaves it out.
	ContentType string
	// IfAbsent makes the call fail with a Conflict when the key exists.
	IfAbsent bool
	// IfMatch makes the call fail with a Conflict unless the object's ETag is
	// this one.
	IfMatch string
	// Metadata is kept with the object.
	Metadata map[string]string
}

// Piece is one piece of a multipart upload, as S3 numbers it. ("Part" means a
// slice of a run here.)
type Piece struct {
	// Number is 1 to 10,000; it is the order in the object.
	Number int32 `json:"number"`
	// ETag is what the store answered.
	ETag string `json:"etag"`
	// Size is in bytes.
	Size int64 `json:"size"`
	// SHA256 is of the piece's content, in hexadecimal.
	SHA256 string `json:"sha256,omitempty"`
	// CRC64 is CRC-64/NVME of the piece's content.
	CRC64 uint64 `json:"crc64"`
}

// Upload is an open multipart upload.
type Upload struct {
	Key       string
	ID        string
	Initiated time.Time
}

const (
	// MinPiece is the least size of a piece that isn't an object's last, in bytes.
	MinPiece = 5 << 20
	// MaxPieces is how many pieces an object may have.
	MaxPieces = 10_000
)
