package export

import "github.com/longshore/longshore/pkg/objstore"

const (
	// maxParts bounds how many parts write one object.
	maxParts = 64
	// partPieces is how many of an object's piece numbers belong to parts; the
	// rest is for the commit.
	partPieces = 9_900
	// pieceSize is the size of a part's first pieces, in bytes.
	pieceSize = 8 << 20
)

// slotWidth returns how many piece numbers each of n parts has.
func slotWidth(n int) int { return partPieces / n }

// firstPiece returns the number of a slot's first piece.
func firstPiece(slot, parts int) int32 { return int32(1 + slot*slotWidth(parts)) }

// firstTailPiece is the number of the commit's first piece.
const firstTailPiece = partPieces + 1

// sizeOfPiece returns how large the i-th piece of a slot is, in bytes. Sizes
// double each eighth of the slot, so that few parts can write objects of
// terabytes while most pieces stay small in memory.
func sizeOfPiece(i, width int) int {
	return pieceSize << min(i*8/width, 7)
}

// segment is a part's share of an object as its manifest has it.
type segment struct {
	Object int `json:"object"`
	// Whole is set when no other part writes to the object: opening and closing are
	// among the segment's bytes.
	Whole bool `json:"whole,omitempty"`
	// Slot is the part's range of pieces in Upload, or -1 where it has a tail only.
	Slot   int    `json:"slot"`
	Upload string `json:"upload,omitempty"`
	// Pieces is what was uploaded, the first of them beginning with Lead bytes of
	// opening or separator.
	Pieces []objstore.Piece `json:"pieces,omitempty"`
	Lead   int64            `json:"lead,omitempty"`
	// Tail is the name of the bytes in the ledger; empty where there are none.
	Tail string `json:"tail,omitempty"`
	// Size is how many bytes the segment takes in the object, without Lead.
	Size int64 `json:"size"`
	Rows int64 `json:"rows"`
	// Meta is what the format's frame wants to know of the segment.
	Meta []byte `json:"meta,omitempty"`
}
