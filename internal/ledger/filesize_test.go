package ledger

import (
	"testing"

	"github.com/longshore/longshore/pkg/objstore"
)

func TestPiecesOfAFileSufficeForTerabytes(t *testing.T) {
	var total, first int64
	for i := range objstore.MaxPieces {
		size := int64(sizeOfFilePiece(i))
		if size < objstore.MinPiece || size > 5<<30 {
			t.Fatalf("piece %d has %d bytes, which S3 refuses", i, size)
		}
		if i > 0 && size < int64(sizeOfFilePiece(i-1)) {
			t.Fatalf("piece %d is smaller than the one before", i)
		}
		if total += size; size == filePiece {
			first = total
		}
	}
	if total < 2<<40 || first < 9<<30 {
		t.Errorf("got room for %d bytes, of which %d in pieces of 8 MiB", total, first)
	}
}
