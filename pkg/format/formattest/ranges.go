package formattest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
)

// RangesAreTheFile wants the ranges of a file, cut at multiples of so many bytes
// and scanned so many at a time, to be what a decoder makes of the file from its
// beginning: the same rows, and the same rejects at the same places. It returns how
// often a scan's guess had to be put right.
func RangesAreTheFile(t testing.TB, reader format.Splitter, file []byte, columns []format.Column, opts format.ReadOptions, rangeBytes, scanned int) (rescans int) {
	t.Helper()
	r := Reading{Reader: reader}
	want, err := outcome(r, r.input(file), columns, opts)
	ranged, start, startErr := reader.Start(context.Background(), r.input(file), columns, opts)
	if err != nil || startErr != nil {
		if fmt.Sprint(err) != fmt.Sprint(startErr) {
			t.Fatalf("%q: got error %v, want %v", file, startErr, err)
		}
		return 0
	}
	starts, rescans := places(t, reader, file, ranged, start, rangeBytes, scanned)
	var got []string
	for i, from := range starts[:len(starts)-1] {
		ranged.Range = &format.Range{From: from, Until: starts[i+1].Offset}
		in := r.input(file[from.Offset:])
		out, err := outcome(r, in, columns, ranged)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, out...)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%.300q in ranges of %d bytes, %d scanned together, beginning at %v: want (-), got (+)\n%s", file, rangeBytes, scanned, starts, d)
	}
	return rescans
}

// places scans a file and returns where its ranges begin, and where the last ends.
func places(t testing.TB, reader format.Splitter, file []byte, opts format.ReadOptions, start format.Mark, rangeBytes, scanned int) (starts []format.Mark, rescans int) {
	t.Helper()
	size := int64(len(file))
	scan := func(s format.Stretch) []format.Mark {
		from := s.From
		if !s.Sure {
			from--
		}
		marks, err := reader.Scan(context.Background(), format.Input{Name: "suite", Stream: bytes.NewReader(file[min(from, size):])}, opts, s)
		if err != nil {
			t.Fatal(err)
		}
		return marks
	}
	var ends []int64
	for end := int64(rangeBytes); end < size; end += int64(rangeBytes) {
		ends = append(ends, end)
	}
	ends = append(ends, size)
	var scans [][]format.Mark
	for i := 0; i < len(ends); i += scanned {
		s := format.Stretch{From: start.Offset, Sure: true, First: 3, Ends: ends[i:min(i+scanned, len(ends))]}
		if i > 0 {
			s.From, s.Sure = ends[i-1], false
		}
		marks := scan(s)
		for range s.Ends {
			scans = append(scans, marks)
		}
	}
	starts, err := format.Chain(start, ends, scans, func(from format.Mark, end int64) (format.Mark, error) {
		rescans++
		marks := scan(format.Stretch{From: from.Offset, Sure: true, First: 1, Ends: []int64{end}})
		return marks[len(marks)-1].Since(marks[0], from), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return starts, rescans
}

// outcome is what a decoder makes of its input: a line for each row and each
// reject. The error is that of the file as a whole.
func outcome(r Reading, in format.Input, columns []format.Column, opts format.ReadOptions) (lines []string, err error) {
	d, err := r.Reader.Decoder(context.Background(), in, columns, opts)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var b block.Block
	for {
		_, err := d.Next(&b, 1) // so that rows and rejects come in the order of the file
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		for i := range b.Rows() {
			var line []byte
			for _, c := range b.Columns {
				line = append(c.AppendText(line, i), '\x1f')
			}
			lines = append(lines, string(line))
		}
		for _, reject := range d.Rejected() {
			lines = append(lines, fmt.Sprintf("row %d line %d offset %d raw %q: %+v", reject.Row, reject.Line, reject.Offset, reject.Raw, reject.Errors))
		}
	}
}
