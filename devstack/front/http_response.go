package front

import (
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strings"

	chcompress "github.com/ClickHouse/ch-go/compress"
	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/longshore/longshore/devstack/native"
)

// response writes a result through the compression that the client asked for.
type response struct {
	w        io.Writer
	frames   *chcompress.Writer // nil without ClickHouse's own frames
	encoder  io.WriteCloser     // nil without a content encoding
	tag      string             // marks an exception inside the result
	finished bool
}

func (h *httpQuery) begin(format string) (*response, error) {
	q := &h.request
	r := &response{w: h.w, tag: strings.ReplaceAll(newID(), "-", "")[:16]}
	header := h.w.Header()
	header.Set("X-ClickHouse-Format", format)
	header.Set("X-ClickHouse-Exception-Tag", r.tag)
	header.Set("Content-Type", contentType(format))
	if q.encoding != "" {
		header.Set("Content-Encoding", q.encoding)
		var err error
		if r.encoder, err = newEncoder(q.encoding, h.w); err != nil {
			return nil, fmt.Errorf("start %s: %w", q.encoding, err)
		}
		r.w = r.encoder
	}
	if q.framed {
		r.frames = chcompress.NewWriter(0, chcompress.LZ4)
	}
	return r, nil
}

func newEncoder(encoding string, w io.Writer) (io.WriteCloser, error) {
	switch encoding {
	case "gzip":
		return gzip.NewWriterLevel(w, gzip.BestSpeed)
	case "deflate":
		return zlib.NewWriterLevel(w, zlib.BestSpeed)
	case "br":
		return brotli.NewWriterLevel(w, brotli.BestSpeed), nil
	}
	return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
}

// Write sends a piece of the result.
func (r *response) Write(data []byte) (int, error) {
	if r.frames == nil {
		return r.w.Write(data)
	}
	for rest := data; len(rest) > 0; {
		n := min(len(rest), frameSize)
		if err := r.frames.Compress(rest[:n]); err != nil {
			return 0, err
		}
		if _, err := r.w.Write(r.frames.Data); err != nil {
			return 0, err
		}
		rest = rest[n:]
	}
	return len(data), nil
}

func (r *response) close() error {
	if r.finished || r.encoder == nil {
		return nil
	}
	r.finished = true
	return r.encoder.Close()
}

// abort ends a result that has begun with an exception, as ClickHouse frames it.
func (r *response) abort(text string) {
	text = text[:min(len(text), 15<<10)]
	fmt.Fprintf(r, "\r\n__exception__\r\n%s\r\n%s%d %s\r\n__exception__\r\n", r.tag, text, len(text), r.tag)
	r.close()
}

// sendRows answers with a result. Before its first piece an error still becomes an answer of its own.
func (h *httpQuery) sendRows(rows Rows, format string) error {
	var walker native.Walker
	var scratch []byte
	next := func() ([]byte, error) {
		chunk, err := rows.Next()
		if err != nil || len(chunk) == 0 || h.request.revision == 0 || !strings.EqualFold(format, "Native") {
			return chunk, err
		}
		scratch = scratch[:0]
		for len(chunk) > 0 {
			var n int
			if scratch, n, err = walker.ToWire(scratch, chunk, h.request.revision); err != nil {
				return nil, errNotMovable(err)
			}
			chunk = chunk[n:]
		}
		return scratch, nil
	}
	if h.request.buffered {
		return h.sendWhole(rows, format, next)
	}
	chunk, err := next()
	if err != nil {
		return err
	}
	return h.sendPieces(rows, format, chunk, next)
}

// sendPieces sends the first piece and then all others as they come.
func (h *httpQuery) sendPieces(rows Rows, format string, chunk []byte, next func() ([]byte, error)) error {
	h.summary(rows.Stats())
	if len(chunk) == 0 {
		h.w.Header().Set("X-ClickHouse-Format", format)
		h.w.WriteHeader(http.StatusOK)
		return nil
	}
	out, err := h.begin(format)
	if err != nil {
		return err
	}
	h.sent = out
	for len(chunk) > 0 {
		if _, err := out.Write(chunk); err != nil {
			return err
		}
		if chunk, err = next(); err != nil {
			return err
		}
	}
	return out.close()
}

// sendWhole collects the result before it answers.
func (h *httpQuery) sendWhole(rows Rows, format string, next func() ([]byte, error)) error {
	var whole []byte
	for {
		chunk, err := next()
		if err != nil {
			return err
		}
		if len(chunk) == 0 {
			break
		}
		whole = append(whole, chunk...)
	}
	return h.sendPieces(rows, format, whole, func() ([]byte, error) { return nil, nil })
}

func contentType(format string) string {
	switch f := strings.ToLower(format); {
	case f == "json", f == "jsoncompact", f == "jsonstrings", f == "jsoncolumns":
		return "application/json; charset=UTF-8"
	case strings.HasPrefix(f, "json"), f == "ndjson":
		return "application/x-ndjson; charset=UTF-8"
	case strings.HasPrefix(f, "csv"):
		return "text/csv; charset=UTF-8; header=absent"
	case strings.HasPrefix(f, "tsv"), strings.HasPrefix(f, "tabseparated"):
		return "text/tab-separated-values; charset=UTF-8"
	case f == "native", f == "parquet", f == "arrow", f == "orc", strings.HasPrefix(f, "rowbinary"):
		return "application/octet-stream"
	}
	return "text/plain; charset=UTF-8"
}
