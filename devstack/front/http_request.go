package front

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	chcompress "github.com/ClickHouse/ch-go/compress"
	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/longshore/longshore/devstack/chdb"
)

// request is what an HTTP request asks for.
type request struct {
	user, password string
	database       string
	queryID        string
	sql            string
	format         string           // of the result, when the statement names none
	insert         *insertStatement // when the statement takes data
	insertFormat   string           // of the data, when the statement names none
	data           io.Reader        // of the insert
	params         []chdb.Param
	settings       []setting
	form           bool // the body is a form with temporary tables
	external       []externalTable
	revision       int    // of the wire blocks in a Native result; 0 means plain Native
	framed         bool   // the result goes into ClickHouse's own compression frames
	encoding       string // the content encoding of the result, or nothing
	buffered       bool   // the result is held back until it is complete
	closers        []func()
}

func (q *request) close() {
	for _, c := range q.closers {
		c()
	}
}

// maxSQL is the longest statement, in bytes, without the data of an INSERT.
const maxSQL = 64 << 20

// readRequest takes a request apart. Of the body it reads only the statement.
func readRequest(r *http.Request) (request, error) {
	q := request{format: "TabSeparated", insertFormat: "Values", user: "default"}
	q.readHeaders(r)
	kind, form, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	q.form = kind == "multipart/form-data"
	var sql string
	decompress := false
	for name, values := range r.URL.Query() {
		value := values[len(values)-1]
		switch name {
		case "query":
			sql = value
		case "decompress":
			decompress = value == "1"
		default:
			if err := q.readParameter(name, value); err != nil {
				return q, err
			}
		}
	}
	q.negotiate(r)
	body, err := q.body(r, decompress)
	if err != nil {
		return q, err
	}
	if q.form {
		if q.external, sql, err = readForm(body, form["boundary"], r.URL.Query(), sql); err != nil {
			return q, err
		}
		body = strings.NewReader("")
	}
	return q, q.readStatement(sql, body)
}

func (q *request) readHeaders(r *http.Request) {
	set := func(target *string, value string) {
		if value != "" {
			*target = value
		}
	}
	if user, password, ok := r.BasicAuth(); ok {
		q.user, q.password = user, password
	}
	set(&q.user, r.Header.Get("X-ClickHouse-User"))
	set(&q.password, r.Header.Get("X-ClickHouse-Key"))
	set(&q.database, r.Header.Get("X-ClickHouse-Database"))
	set(&q.queryID, r.Header.Get("X-ClickHouse-Query-Id"))
	set(&q.format, r.Header.Get("X-ClickHouse-Format"))
	set(&q.insertFormat, r.Header.Get("X-ClickHouse-Format"))
}

// readParameter reads one parameter of the URL; what it does not know is a setting.
func (q *request) readParameter(name, value string) error {
	switch name {
	case "user":
		q.user = value
	case "password":
		q.password = value
	case "database":
		q.database = value
	case "query_id":
		q.queryID = value
	case "default_format":
		q.format, q.insertFormat = value, value
	case "compress":
		q.framed = value == "1"
	case "wait_end_of_query":
		q.buffered = value == "1"
	case "client_protocol_version":
		v, err := strconv.Atoi(value)
		if err != nil || v < 0 {
			return badRequest("client_protocol_version %q is no number", value)
		}
		q.revision = min(v, revision)
	case "session_id":
		return &chdb.Error{Code: 48, Name: "NOT_IMPLEMENTED", Message: "devstack has no HTTP sessions: session_id is not supported"}
	case "quota_key", "buffer_size", "stacktrace", "role", "session_timeout", "session_check":
	default:
		switch {
		case strings.HasPrefix(name, "param_"):
			q.params = append(q.params, chdb.Param{Name: name[len("param_"):], Value: value})
		case q.form && (strings.HasSuffix(name, "_structure") || strings.HasSuffix(name, "_format")):
			// of a temporary table, see readForm
		default:
			q.settings = append(q.settings, setting{name: name, value: value})
		}
	}
	return nil
}

func badRequest(format string, args ...any) error {
	return &chdb.Error{Code: 36, Name: "BAD_ARGUMENTS", Message: fmt.Sprintf(format, args...)}
}

// negotiate chooses the content encoding of the answer, where the client asked for one.
func (q *request) negotiate(r *http.Request) {
	enabled := false
	for _, s := range q.settings {
		enabled = enabled || s.name == "enable_http_compression" && s.value == "1"
	}
	if !enabled {
		return
	}
	accepted := r.Header.Get("Accept-Encoding")
	for _, encoding := range []string{"gzip", "deflate", "br", "zstd"} {
		if strings.Contains(accepted, encoding) {
			q.encoding = encoding
			return
		}
	}
}

// body returns the body decompressed.
func (q *request) body(r *http.Request, framed bool) (io.Reader, error) {
	var body io.Reader = r.Body
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, badRequest("read gzip: %v", err)
		}
		body = z
	case "deflate":
		z, err := zlib.NewReader(body)
		if err != nil {
			return nil, badRequest("read deflate: %v", err)
		}
		body = z
	case "br":
		body = brotli.NewReader(body)
	case "zstd":
		z, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, badRequest("read zstd: %v", err)
		}
		q.closers = append(q.closers, z.Close)
		body = z
	default:
		return nil, badRequest("Content-Encoding %q is not supported", encoding)
	}
	if framed {
		body = frameReader{chcompress.NewReader(body)}
	}
	return body, nil
}

// frameReader turns the error at the end of the frames into io.EOF.
type frameReader struct{ *chcompress.Reader }

func (f frameReader) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err != nil && strings.HasSuffix(err.Error(), ": EOF") {
		err = io.EOF
	}
	return n, err
}

// readStatement joins the statement of the URL with the body. The data of an INSERT stays in the body.
func (q *request) readStatement(sql string, body io.Reader) error {
	if statement, ok := parseInsert(sql); ok {
		q.insert, q.data = &statement, io.MultiReader(strings.NewReader(sql[statement.dataAt:]), body)
		return nil
	}
	buffered := bufio.NewReaderSize(body, 1<<20)
	start, err := buffered.Peek(1 << 20)
	if err != nil && err != io.EOF {
		return fmt.Errorf("read body: %w", err)
	}
	if statement, ok := parseInsert(sql + string(start)); ok {
		q.insert = &statement
		skip := max(0, statement.dataAt-len(sql))
		if _, err := buffered.Discard(skip); err != nil {
			return fmt.Errorf("read body: %w", err)
		}
		q.data = buffered
		return nil
	}
	var rest bytes.Buffer
	n, err := io.Copy(&rest, io.LimitReader(buffered, maxSQL+1))
	if err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	if n > maxSQL {
		return &chdb.Error{Code: 62, Name: "SYNTAX_ERROR", Message: "Max query size exceeded"}
	}
	q.sql = sql + rest.String()
	return nil
}

// copyBody feeds data to an INSERT.
func copyBody(insert Insert, data io.Reader) error {
	buf := make([]byte, 256<<10)
	for {
		n, err := io.ReadFull(data, buf)
		if n > 0 {
			if _, err := insert.Write(buf[:n]); err != nil {
				return err
			}
		}
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return nil
		default:
			return fmt.Errorf("read body: %w", err)
		}
	}
}
