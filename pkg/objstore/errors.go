package objstore

import "errors"

// What callers tell apart beyond an error's kind, with errors.Is.
var (
	// ErrChanged means that the version of the object that was asked for is no
	// longer the object: it was overwritten. Its kind is NotFound, because that
	// version is gone for good; the new one is another version to be found.
	ErrChanged = errors.New("the object was overwritten")
	// ErrNoUpload means that the multipart upload is not open: it was completed
	// or aborted, or never was. Its kind is NotFound.
	ErrNoUpload = errors.New("the multipart upload is not open")
	// ErrPieceChanged means that a piece is missing from an upload or isn't the
	// one that was named: somebody overwrote it. Its kind is Conflict.
	ErrPieceChanged = errors.New("a piece of the upload is missing or was overwritten")
)
