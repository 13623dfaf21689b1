package ingest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/klauspost/readahead"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/objstore"
)

// input is a file that is open for decoding.
type input struct {
	format.Input
	format  format.Reader
	codec   compress.Codec
	closers []io.Closer // in the order to close

	preceding preceding // see appender
}

// Close ends the transfer of the file.
func (in *input) Close() error {
	var errs []error
	for _, c := range in.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// What is decompressed ahead of the decoder.
const (
	aheadBuffers = 4
	aheadBytes   = 512 << 10 // each
)

// ahead has a compressed file be decompressed while the decoder is at what came
// before: that is half of the work.
func (in *input) ahead() error {
	if in.codec == compress.None || in.Stream == nil {
		return nil
	}
	r, err := readahead.NewReaderSize(in.Stream, aheadBuffers, aheadBytes)
	if err == nil {
		in.Stream, in.closers = r, append([]io.Closer{r}, in.closers...)
	}
	return err
}

// peekSize is how many bytes of a file's beginning decide on its format.
const peekSize = 4 << 10

// input opens a file. Codec and format are found in its first bytes, whatever
// its name says; a format in the definition wins.
func (j *job) input(ctx context.Context, f plan.File) (*input, error) {
	body, err := j.bucket.Open(ctx, f.Key, f.ETag, 0, -1)
	if err != nil {
		return nil, &storeError{err}
	}
	stream := storeReader{ReadCloser: body}
	in := &input{Input: format.Input{Name: f.Key, Size: f.Size}, closers: []io.Closer{stream}}
	if err := j.sniff(ctx, in, f, stream); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

func (j *job) sniff(ctx context.Context, in *input, f plan.File, stream io.Reader) error {
	plain, codec, err := compress.NewReader(stream)
	if err != nil {
		return err
	}
	in.codec, in.closers = codec, append([]io.Closer{plain}, in.closers...)
	head := bufio.NewReaderSize(plain, 64<<10)
	start, err := head.Peek(peekSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	name := string(j.ds.Import.Format)
	if name == "" {
		name = guess(start)
	}
	if in.format, err = j.reader(name); err != nil {
		return err
	}
	if !in.format.Traits().RandomAccess {
		in.Stream = head
		return nil
	}
	if codec != compress.None {
		return fault.WithRemedy(fault.New(fault.Invalid, "a %s file inside %s can't be read", name, codec), "upload the %s file itself: it is compressed inside", name)
	}
	in.At = storeReader{ReaderAt: j.bucket.ReaderAt(ctx, objstore.Object{Key: f.Key, ETag: f.ETag, Size: f.Size})}
	return nil
}

// storeError is an error of the store that a file is read from, whatever layers
// have wrapped it since.
type storeError struct{ err error }

func (e *storeError) Error() string { return e.err.Error() }
func (e *storeError) Unwrap() error { return e.err }

// storeReader marks the errors of the store among those of the layers above it.
type storeReader struct {
	io.ReadCloser
	io.ReaderAt
}

func (r storeReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	return n, mark(err)
}

func (r storeReader) ReadAt(p []byte, at int64) (int, error) {
	n, err := r.ReaderAt.ReadAt(p, at)
	return n, mark(err)
}

func mark(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &storeError{err}
}

// guess finds the format of a file that begins with start.
func guess(start []byte) string {
	if bytes.HasPrefix(start, []byte("PAR1")) {
		return string(def.Parquet)
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\ufeff")), " \t\r\n")
	if bytes.HasPrefix(text, []byte("{")) || isArray(text) {
		return string(def.NDJSON)
	}
	return string(def.CSV)
}

// isArray reports whether a text begins as a JSON array of objects does. The
// reader of NDJSON says what is wrong with it.
func isArray(text []byte) bool {
	rest, ok := bytes.CutPrefix(text, []byte("["))
	return ok && bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte("{"))
}
