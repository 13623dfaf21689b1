package daemon_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/objstore"
)

// source makes a file of rows of an id and a note, and sums them up as it does.
type source struct {
	key   string
	row   func(b []byte, id int64, note []byte) []byte
	rows  int64
	check uint64 // sum of a hash of each row
	notes []byte
	state uint64
}

// checkInClickHouse sums rows up as source does.
const checkInClickHouse = "SELECT concat(toString(count()), ' ', toString(sum(xxHash64(concat(toString(id), '|', note))))) FROM "

// largeSources are an NDJSON and a CSV file whose notes have line feeds,
// delimiters and quotes in them: also text that looks like rows of the file.
func largeSources() []*source {
	return []*source{
		{key: "in/large.ndjson", row: func(b []byte, id int64, note []byte) []byte {
			b = append(fmt.Appendf(b, `{"id":%d,"note":"`, id), strings.NewReplacer("\n", `\n`, `"`, `\"`).Replace(string(note))...)
			return append(b, "\"}\n"...)
		}},
		{key: "in/large.csv", row: func(b []byte, id int64, note []byte) []byte {
			b = append(fmt.Appendf(b, `%d,"`, id), strings.ReplaceAll(string(note), `"`, `""`)...)
			return append(b, "\"\n"...)
		}},
	}
}

// fill appends rows to b until it has so many bytes.
func (s *source) fill(b []byte, size int) []byte {
	if s.rows == 0 && strings.HasSuffix(s.key, ".csv") {
		b = append(b, "id,note\n"...)
	}
	for len(b) < size {
		note := s.note()
		s.check += xxhash.Sum64(append(fmt.Appendf(nil, "%d|", s.rows), note...))
		b = s.row(b, s.rows, note)
		s.rows++
	}
	return b
}

// note returns the next row's. One in a thousand has a page of text.
func (s *source) note() []byte {
	s.state = s.state*6364136223846793005 + 1442695040888963407
	n := s.notes[:0]
	lines := 1 + s.state>>33%4
	if s.rows%1000 == 999 {
		lines = 300
	}
	for line := range lines {
		n = fmt.Appendf(n, "%d,\"line %d of %016x\",\n", s.rows, line, s.state)
	}
	s.notes = n
	return n
}

// upload streams a file of so many bytes into the data bucket.
func (s *stage) upload(src *source, size int64) {
	s.t.Helper()
	const pieceBytes = 16 << 20
	bucket := s.bucket(s.data)
	id, err := bucket.CreateUpload(s.t.Context(), src.key, objstore.PutOptions{})
	var pieces []objstore.Piece
	var b []byte
	for sent := int64(0); sent < size && err == nil; sent += int64(len(b)) {
		b = src.fill(b[:0], int(min(pieceBytes, size-sent)))
		var piece objstore.Piece
		piece, err = bucket.UploadPiece(s.t.Context(), src.key, id, int32(len(pieces)+1), b)
		pieces = append(pieces, piece)
	}
	if err == nil {
		_, err = bucket.CompleteUpload(s.t.Context(), src.key, id, pieces, objstore.PutOptions{})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// notes is a datasource over the large files.
func (s *stage) notes() map[string]string {
	return map[string]string{
		"datasources/notes.datasource": "SCHEMA >\n    `id` UInt64,\n    `note` String CODEC(ZSTD(1))\n\nENGINE \"MergeTree\"\nENGINE_SORTING_KEY \"id\"\n\n" +
			"IMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME minio\nIMPORT_BUCKET_URI s3://" + s.data + "/in/*\nIMPORT_STRATEGY APPEND\n",
	}
}

// isWhole wants a table to have a file's rows, and the ledger to say so.
func (s *stage) isWhole(src *source, r ledger.Run) {
	s.t.Helper()
	want := fmt.Sprint(src.rows, " ", src.check)
	if got := one(s.t, s.clickhouse(), checkInClickHouse+"notes"); got != want {
		s.t.Errorf("%s: ClickHouse has rows and checksum %s, want %s", src.key, got, want)
	}
	if r.Totals.Files != 1 || r.Totals.Rows != src.rows || r.Totals.Quarantined != 0 {
		s.t.Errorf("%s: got %+v, want %d rows", src.key, r.Totals, src.rows)
	}
	got := one(s.t, s.clickhouse(), "SELECT toString((countIf(range > 0) > 1, sumIf(rows, range = 0), sumIf(rows, range > 0), countIf(state != 'done'))) FROM longshore_files FINAL WHERE key = '"+src.key+"'")
	if want := fmt.Sprintf("(1,%d,%d,0)", src.rows, src.rows); got != want {
		s.t.Errorf("%s: the file ledger has (split, rows, rows of ranges, not done) %s, want %s", src.key, got, want)
	}
}

// Two processes ingest files in ranges; `make prove-large` has larger ones.
func TestLargeFilesAreIngestedByManyParts(t *testing.T) {
	s := newStage(t)
	s.push(s.notes())
	s.start("producer", "LONGSHORE_RANGE_BYTES=4MiB")
	workers := []*process{s.start("worker", "LONGSHORE_QUEUES=ingest=2"), s.start("worker", "LONGSHORE_QUEUES=ingest=2")}
	for _, src := range largeSources() {
		s.upload(src, 14<<20)
		r := s.done(ledger.Ingest, "notes")
		s.isWhole(src, r)
		if got := wroteAll(t, workers, s.parts(r)); got != 2 {
			t.Errorf("%d workers did all of %s", got, src.key)
		}
		exec1(t, s.clickhouse(), "TRUNCATE TABLE notes")
	}
}
