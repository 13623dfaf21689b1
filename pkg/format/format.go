// Package format is the file formats: how rows become bytes of an object, and
// bytes of a file become rows.
//
// A driver is one folder here (csv, json, ndjson, parquet), one line in package
// all, and one call of the conformance suite in package formattest. It
// implements Writer, Reader or both.
//
// Writing is made so that several workers can write one object without a merge:
// each encodes a segment, segments stand in the object in any order, and a
// Frame supplies what stands around them. Reading is directed by the schema of
// the destination: values go from the file's bytes into typed columns (package
// block) without a detour through rows.
package format

// Traits is the facts about a format that others act on.
type Traits struct {
	// Name is how definitions and flags spell the format: "csv".
	Name string
	// Extension is what {ext} in a path template becomes, with its dot: ".csv".
	Extension string
	// MediaType is the Content-Type of an object.
	MediaType string
	// Compresses is set when the format compresses inside itself: such an object
	// isn't compressed as a whole, and WriteOptions.Compression says how.
	Compresses bool
	// NamesFields is set when a file says which fields it has before its first row,
	// so that a decoder's Facts of Unknown and Missing hold from the beginning.
	NamesFields bool
	// RandomAccess is set when reading needs Input.At.
	RandomAccess bool
	// Lines is set when a row is a line, whatever is in it. So one begins behind
	// each line feed, and a file is read from anywhere without a scan of what is
	// before.
	Lines bool
}
