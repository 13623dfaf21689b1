package front

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/devstack/chdb"
)

// ServeHTTP answers ClickHouse's HTTP interface: / runs a query, /ping says that the server is there.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/ping", r.URL.Path == "/replicas_status", r.URL.Path == "/" && r.Method == http.MethodGet && r.URL.RawQuery == "":
		fmt.Fprintln(w, "Ok.")
		return
	case r.URL.Path != "/":
		http.Error(w, "There is no handle "+r.URL.Path, http.StatusNotFound)
		return
	}
	if !s.enter(nil) {
		http.Error(w, "the server is closing", http.StatusServiceUnavailable)
		return
	}
	defer s.serving.Done()
	h := &httpQuery{server: s, w: w, r: r, started: time.Now()}
	if err := h.serve(); err != nil {
		h.fail(err)
	}
}

// httpQuery is one request.
type httpQuery struct {
	server  *Server
	w       http.ResponseWriter
	r       *http.Request
	request request
	session *clientSession
	started time.Time
	sent    *response // once the answer has begun
}

// serve runs the query. An error is still to be told to the client.
func (h *httpQuery) serve() error {
	var err error
	if h.request, err = readRequest(h.r); err != nil {
		return err
	}
	defer h.request.close()
	if err := h.server.login(h.request.user, h.request.password); err != nil {
		return err
	}
	if h.session, err = h.server.openSession(h.request.database); err != nil {
		return err
	}
	defer h.session.Close()
	id, end, err := h.server.begin(h.request.queryID, h.session.ID())
	if err != nil {
		return err
	}
	defer end()
	h.header(id)
	ended, watched := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(h.r.Context(), func() {
		defer close(watched)
		h.server.stopper.until(ended, h.session.ID())
	})
	err = h.run()
	close(ended)
	if !stop() {
		<-watched
	}
	return err
}

func (h *httpQuery) header(id string) {
	header := h.w.Header()
	header.Set("X-ClickHouse-Query-Id", id)
	header.Set("X-ClickHouse-Server-Display-Name", h.server.version.name)
	header.Set("X-ClickHouse-Timezone", h.server.version.timezone)
}

func (h *httpQuery) run() error {
	q := &h.request
	if err := h.addExternalTables(); err != nil {
		return err
	}
	if q.insert != nil {
		return h.insert()
	}
	sql := h.server.translateKill(q.sql)
	if class, _ := h.session.Classify(sql); h.r.Method == http.MethodGet && class != chdb.ReadOnly && class != chdb.Unknown {
		return &chdb.Error{Code: 164, Name: "READONLY", Message: "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries"}
	}
	if _, err := h.session.apply(q.settings); err != nil { // they end with the session
		return err
	}
	run := query{sql: sql, format: q.format, params: q.params}
	rest, named := splitFormat(sql)
	if named != "" {
		run.sql, run.format = rest, named
	}
	rows, err := h.session.open(run)
	if err != nil {
		return err
	}
	defer rows.Close()
	return h.sendRows(rows, run.format)
}

// insert feeds the body to the engine.
func (h *httpQuery) insert() error {
	q := &h.request
	format := q.insert.format
	if format == "" {
		format = q.insertFormat
	}
	settings := insertSettings(*q.insert, q.settings, strings.EqualFold(format, "Native"))
	if _, err := h.session.apply(settings); err != nil { // they end with the session
		return err
	}
	insert, err := h.session.Insert(q.insert.head, format, q.params)
	if err != nil {
		return err
	}
	defer insert.Close()
	if err := copyBody(insert, q.data); err != nil {
		return err
	}
	stats, err := insert.Commit()
	if err != nil {
		return err
	}
	h.summary(stats)
	h.w.WriteHeader(http.StatusOK)
	return nil
}

// summary sets the header that counts what the query did.
func (h *httpQuery) summary(stats chdb.Stats) {
	text := func(n uint64) string { return strconv.FormatUint(n, 10) }
	counts, err := json.Marshal(map[string]string{
		"read_rows": text(stats.ReadRows), "read_bytes": text(stats.ReadBytes),
		"written_rows": text(stats.WrittenRows), "written_bytes": text(stats.WrittenBytes),
		"result_rows": text(stats.Rows), "total_rows_to_read": text(stats.ReadRows),
		"elapsed_ns": text(uint64(time.Since(h.started).Nanoseconds())),
	})
	if err == nil {
		h.w.Header().Set("X-ClickHouse-Summary", string(counts))
	}
}

// fail tells the client about err: as an answer of its own, or inside the answer that has begun.
func (h *httpQuery) fail(err error) {
	e := exception(err)
	text := e.Error() + " (version " + h.server.version.text + ")\n"
	if h.sent != nil {
		h.sent.abort(text)
		return
	}
	header := h.w.Header()
	header.Set("X-ClickHouse-Exception-Code", strconv.Itoa(int(e.Code)))
	header.Set("Content-Type", "text/plain; charset=UTF-8")
	header.Del("Content-Encoding")
	h.w.WriteHeader(status(e))
	if _, err := h.w.Write([]byte(text)); err != nil && !errors.Is(err, context.Canceled) {
		h.server.config.Log.Debug("send exception", zap.Error(err))
	}
}

// statuses gives the HTTP status of exceptions, as ClickHouse does; all others are 500.
var statuses = map[string]int{
	"AUTHENTICATION_FAILED": http.StatusForbidden, "UNKNOWN_USER": http.StatusForbidden, "WRONG_PASSWORD": http.StatusForbidden,
	"REQUIRED_PASSWORD": http.StatusUnauthorized, "READONLY": http.StatusInternalServerError,
	"SYNTAX_ERROR": http.StatusBadRequest, "CANNOT_PARSE_TEXT": http.StatusBadRequest, "CANNOT_PARSE_NUMBER": http.StatusBadRequest,
	"CANNOT_PARSE_DATE": http.StatusBadRequest, "CANNOT_PARSE_DATETIME": http.StatusBadRequest,
	"CANNOT_PARSE_INPUT_ASSERTION_FAILED": http.StatusBadRequest, "CANNOT_PARSE_QUOTED_STRING": http.StatusBadRequest,
	"CANNOT_PARSE_ESCAPE_SEQUENCE": http.StatusBadRequest, "ILLEGAL_TYPE_OF_ARGUMENT": http.StatusBadRequest,
	"INCORRECT_DATA": http.StatusBadRequest, "TYPE_MISMATCH": http.StatusBadRequest, "BAD_ARGUMENTS": http.StatusBadRequest,
	"UNKNOWN_TABLE": http.StatusNotFound, "UNKNOWN_DATABASE": http.StatusNotFound, "UNKNOWN_FUNCTION": http.StatusNotFound,
	"UNKNOWN_IDENTIFIER": http.StatusNotFound, "UNKNOWN_TYPE": http.StatusNotFound, "UNKNOWN_STORAGE": http.StatusNotFound,
	"UNKNOWN_SETTING": http.StatusNotFound, "UNKNOWN_FORMAT": http.StatusNotFound, "NO_SUCH_COLUMN_IN_TABLE": http.StatusNotFound,
	"NOT_IMPLEMENTED": http.StatusNotImplemented, "QUERY_IS_TOO_LARGE": http.StatusBadRequest,
	"TIMEOUT_EXCEEDED": http.StatusRequestTimeout,
}

func status(e *chdb.Error) int {
	if code, ok := statuses[e.Name]; ok {
		return code
	}
	return http.StatusInternalServerError
}
