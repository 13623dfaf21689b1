package front

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ClickHouse/ch-go/proto"
	"go.uber.org/zap"

	"github.com/longshore/longshore/devstack/chdb"
	"github.com/longshore/longshore/devstack/native"
)

// errNotMovable is an exception about a column type whose data cannot be followed; the connection is lost with it.
func errNotMovable(err error) error {
	if errors.Is(err, native.ErrType) {
		return &chdb.Error{Code: 50, Name: "UNKNOWN_TYPE", Message: "devstack: " + err.Error()}
	}
	return err
}

// exceptionOnly reports whether err came from the engine, so that the connection can go on.
func exceptionOnly(err error) bool {
	var e *chdb.Error
	return errors.As(err, &e)
}

// readBlock reads a packet of the client. Data is returned in the Native format with its temporary table's name;
// no columns mean the end of the data.
func (q *tcpQuery) readBlock() (table string, block []byte, columns, rows int, err error) {
	code, err := q.in.UVarInt()
	if err != nil {
		return "", nil, 0, 0, errClosed
	}
	switch proto.ClientCode(code) {
	case proto.ClientCodeData:
	case proto.ClientCodeCancel:
		return "", nil, 0, 0, errCanceled
	default:
		return "", nil, 0, 0, fmt.Errorf("packet %d where data was expected", code)
	}
	if table, err = q.in.Str(); err != nil {
		return "", nil, 0, 0, err
	}
	src := native.Source(q.buffered)
	if q.compressed {
		q.in.EnableCompression()
		defer q.in.DisableCompression()
		src = q.in
	}
	q.scratch, columns, rows, err = q.walker.FromWire(q.scratch[:0], src, q.revision)
	return table, q.scratch, columns, rows, err
}

var errCanceled = errors.New("canceled by the client")

// insertBlocks answers an INSERT whose data follows as blocks.
func (q *tcpQuery) insertBlocks(statement insertStatement) error {
	columns, err := q.session.target(statement, q.params)
	if err != nil {
		q.fail(err)
		return nil
	}
	insert, err := q.session.Insert(statement.head, "Native", q.params)
	if err != nil {
		q.fail(err)
		return nil
	}
	defer insert.Close()
	if err := q.sendHeader(columns); err != nil {
		return errClosed
	}
	stored, err := q.receive(insert)
	switch {
	case errors.Is(err, errCanceled):
		insert.Close()
		return q.finish(chdb.Stats{})
	case stored != nil:
		insert.Close()
		q.fail(stored)
		return nil
	case err != nil:
		q.fail(errNotMovable(err))
		return err
	}
	stats, err := insert.Commit()
	if err != nil {
		q.fail(err)
		return nil
	}
	return q.finish(stats)
}

// receive feeds the client's blocks to the engine until their end. When the engine refuses one, the rest is read
// and dropped, and the engine's error returned as stored.
func (q *tcpQuery) receive(insert Insert) (stored, err error) {
	for {
		_, block, columns, rows, err := q.readBlock()
		if err != nil || columns == 0 {
			return stored, err
		}
		if rows == 0 || stored != nil {
			continue
		}
		_, stored = insert.Write(block)
	}
}

// insertInline answers an INSERT that carries its data in its own text.
func (q *tcpQuery) insertInline(statement insertStatement) error {
	end := q.watch()
	stats, err := q.session.insertText(statement, q.sql[statement.dataAt:], q.params)
	end()
	if err != nil {
		q.fail(err)
		return nil
	}
	return q.finish(stats)
}

// insertText runs an INSERT with data in the format the statement names.
func (s *clientSession) insertText(statement insertStatement, data string, params []chdb.Param) (chdb.Stats, error) {
	insert, err := s.Insert(statement.head, statement.format, params)
	if err != nil {
		return chdb.Stats{}, err
	}
	defer insert.Close()
	if _, err := insert.Write([]byte(data)); err != nil {
		return chdb.Stats{}, err
	}
	return insert.Commit()
}

// externals are the temporary tables that come with a query. The blocks of one that come one after another are a single
// INSERT into it.
type externals struct {
	*tcpQuery
	tables []string
	insert Insert // into the last of tables; nil: none is open
}

// readExternalTables reads the blocks behind a query, up to the empty one, into temporary tables of the session.
// The returned function drops them.
func (q *tcpQuery) readExternalTables() (drop func(), err error) {
	e := &externals{tcpQuery: q}
	var refused error
	for {
		table, block, columns, rows, err := q.readBlock()
		if err != nil {
			return e.drop, err
		}
		if columns == 0 {
			if refused == nil {
				refused = e.end()
			}
			return e.drop, refused
		}
		if refused == nil {
			refused = e.add(table, block, rows)
		}
	}
}

// add adds a block to a temporary table and creates it with the first.
func (e *externals) add(table string, block []byte, rows int) error {
	if len(e.tables) == 0 || e.tables[len(e.tables)-1] != table {
		if err := e.begin(table, block); err != nil {
			return err
		}
	}
	if rows == 0 {
		return nil
	}
	if e.insert == nil {
		insert, err := e.session.Insert("INSERT INTO "+chdb.QuoteName(table), "Native", nil)
		if err != nil {
			return err
		}
		e.insert = insert
	}
	_, err := e.insert.Write(block)
	return err
}

func (e *externals) begin(table string, block []byte) error {
	if err := e.end(); err != nil {
		return err
	}
	columns, err := e.walker.Columns(block)
	if err != nil {
		return err
	}
	e.tables = append(e.tables, table)
	var definition []string
	for _, c := range columns {
		definition = append(definition, chdb.QuoteName(c.Name)+" "+c.Type)
	}
	return e.session.exec("CREATE TEMPORARY TABLE IF NOT EXISTS " + chdb.QuoteName(table) + " (" + strings.Join(definition, ", ") + ") ENGINE = Memory")
}

// end completes the INSERT that is open.
func (e *externals) end() error {
	if e.insert == nil {
		return nil
	}
	_, err := e.insert.Commit()
	e.insert.Close()
	e.insert = nil
	return err
}

func (e *externals) drop() {
	if e.insert != nil {
		e.insert.Close()
	}
	for _, table := range e.tables {
		if err := e.session.exec("DROP TEMPORARY TABLE IF EXISTS " + chdb.QuoteName(table)); err != nil {
			e.server.config.Log.Warn("drop external table", zap.Error(err))
		}
	}
}
