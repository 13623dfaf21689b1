package front

import (
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/longshore/longshore/devstack/chdb"
	"github.com/longshore/longshore/devstack/native"
)

// tcpQuery is one query of a native client.
type tcpQuery struct {
	*conn
	sql        string
	params     []chdb.Param
	settings   []setting
	compressed bool
	started    time.Time
}

// query reads and answers a query. Exceptions are sent to the client; a returned error ends the connection.
func (c *conn) query() error {
	var wire proto.Query
	if err := wire.DecodeAware(c.in, c.revision); err != nil {
		return fmt.Errorf("read query: %w", err)
	}
	q := &tcpQuery{conn: c, sql: c.server.translateKill(wire.Body), compressed: wire.Compression == proto.CompressionEnabled, started: time.Now()}
	for _, s := range wire.Settings {
		value := s.Value
		if s.Custom {
			value = unquoteLiteral(value)
		}
		q.settings = append(q.settings, setting{name: s.Key, value: value, optional: !s.Important})
	}
	for _, p := range wire.Parameters {
		q.params = append(q.params, chdb.Param{Name: p.Key, Value: unquoteLiteral(p.Value)})
	}
	drop, err := q.readExternalTables()
	defer drop()
	if err != nil {
		if exceptionOnly(err) {
			c.fail(err)
			return nil
		}
		return err
	}
	_, end, err := c.server.begin(wire.ID, c.session.ID())
	if err != nil {
		c.fail(err)
		return nil
	}
	defer end()
	return q.run()
}

// run applies the query's settings, runs it and takes the settings back.
func (q *tcpQuery) run() error {
	statement, isInsert := parseInsert(q.sql)
	inline := isInsert && strings.TrimSpace(q.sql[statement.dataAt:]) != ""
	if isInsert {
		q.settings = insertSettings(statement, q.settings, !inline)
	}
	restore, err := q.session.apply(q.settings)
	var fatal error
	switch {
	case err != nil:
		q.fail(err)
	case inline:
		fatal = q.insertInline(statement)
	case isInsert:
		fatal = q.insertBlocks(statement)
	default:
		fatal = q.selectRows()
	}
	if err := restore(); err != nil && fatal == nil {
		return fmt.Errorf("restore settings: %w", err)
	}
	return fatal
}

// selectRows runs a statement that takes no data and sends its result.
func (q *tcpQuery) selectRows() error {
	sql, _ := splitFormat(q.sql) // the client formats
	end := q.watch()
	stats, sendErr, err := q.sendRows(query{sql: sql, format: "Native", params: q.params})
	stopped := end()
	if sendErr != nil {
		return errClosed
	}
	if err != nil && !(stopped && isCode(err, codeQueryCanceled)) {
		q.fail(err)
		return nil
	}
	return q.finish(stats)
}

// codeQueryCanceled is QUERY_WAS_CANCELLED.
const codeQueryCanceled = 394

// sendRows sends a result block by block; the first block is a header without rows.
func (q *tcpQuery) sendRows(run query) (stats chdb.Stats, sendErr, err error) {
	rows, err := q.session.open(run)
	if err != nil {
		return stats, nil, err
	}
	defer rows.Close()
	for blocks := 0; ; {
		chunk, err := rows.Next()
		if err != nil {
			return stats, nil, err
		}
		if len(chunk) == 0 {
			rows.Close()
			if blocks == 0 {
				sendErr = q.sendHeader(q.session.columns(run))
			}
			return rows.Stats(), sendErr, nil
		}
		if blocks == 0 {
			columns, err := q.walker.Columns(chunk)
			if err != nil {
				return stats, nil, err
			}
			if err := q.sendHeader(columns); err != nil {
				return stats, err, nil
			}
		}
		for len(chunk) > 0 {
			block, n, err := q.walker.ToWire(q.scratch[:0], chunk, q.revision)
			q.scratch = block
			if err != nil {
				return stats, nil, err
			}
			if err := q.sendBlock(block); err != nil {
				return stats, err, nil
			}
			chunk = chunk[n:]
			blocks++
		}
	}
}

func (q *tcpQuery) sendHeader(columns []native.Column) error {
	if len(columns) == 0 {
		return nil
	}
	return q.sendBlock(native.AppendHeader(nil, columns, q.revision))
}

// frameSize is how much of a block is compressed at once, in bytes.
const frameSize = 1 << 20

// sendBlock sends an encoded block.
func (q *tcpQuery) sendBlock(block []byte) error {
	proto.ServerCodeData.Encode(&q.out)
	q.out.PutString("") // the name of a temporary table
	if !q.compressed {
		if _, err := q.net.Write(q.out.Buf); err != nil {
			return err
		}
		q.out.Reset()
		_, err := q.net.Write(block)
		return err
	}
	for len(block) > 0 {
		n := min(len(block), frameSize)
		if err := q.frames.Compress(block[:n]); err != nil {
			return err
		}
		q.out.PutRaw(q.frames.Data)
		block = block[n:]
	}
	return q.flush()
}

// finish sends what follows a result: counts, and the end of the stream.
func (q *tcpQuery) finish(stats chdb.Stats) error {
	proto.ServerCodeProgress.Encode(&q.out)
	progress := proto.Progress{
		Rows: stats.ReadRows, Bytes: stats.ReadBytes, WroteRows: stats.WrittenRows, WroteBytes: stats.WrittenBytes,
		ElapsedNs: uint64(time.Since(q.started).Nanoseconds()),
	}
	progress.EncodeAware(&q.out, q.revision)
	proto.Profile{Rows: stats.Rows, Bytes: stats.ReadBytes}.EncodeAware(&q.out, q.revision)
	proto.ServerCodeEndOfStream.Encode(&q.out)
	return q.flush()
}

// unquoteLiteral reads a string literal as the protocol writes parameters and custom settings.
func unquoteLiteral(text string) string {
	if len(text) < 2 || text[0] != '\'' || text[len(text)-1] != '\'' {
		return text
	}
	var out strings.Builder
	for i := 1; i < len(text)-1; i++ {
		if text[i] == '\\' && i+1 < len(text)-1 {
			i++
		}
		out.WriteByte(text[i])
	}
	return out.String()
}
