package chdb

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"
)

// Conn is one session of the engine: its settings, current database and temporary tables are its own.
// A Conn is used by one goroutine at a time.
type Conn struct {
	owner  unsafe.Pointer // *chdb_connection, freed by Close
	handle uintptr
}

// Open starts the engine over the folder path when it does not run yet, and opens a session.
// Every Conn of a process must name the same folder. The first call takes about 0.1 s.
func Open(path string, args ...string) (*Conn, error) {
	argv := append([]string{"clickhouse", "--path=" + path}, args...)
	owner := api.connect(int32(len(argv)), newCStrings(argv).pointer())
	if owner == nil {
		return nil, fmt.Errorf("open engine at %s: refused; is the folder writable, and used by no other process?", path)
	}
	return &Conn{owner: owner, handle: *(*uintptr)(owner)}, nil
}

// Close ends the session. Closing the last Conn of a process stops the engine, after which Open starts it again.
func (c *Conn) Close() {
	if c.owner != nil {
		api.closeConn(c.owner)
		c.owner, c.handle = nil, 0
	}
}

// Param is the value of a {name:Type} placeholder. Value is in the escaped text form that ClickHouse's own
// protocol uses for parameters: a backslash is written twice, NULL is \N.
type Param struct{ Name, Value string }

// Stats counts what a statement did.
type Stats struct {
	Rows         uint64 // rows of the result
	ReadRows     uint64 // rows read from storage
	ReadBytes    uint64
	WrittenRows  uint64
	WrittenBytes uint64
}

// Query runs a statement and returns its whole result in the given ClickHouse format; a FORMAT clause in sql wins.
func (c *Conn) Query(sql, format string, params ...Param) ([]byte, Stats, error) {
	p := newParams(params)
	r := api.query(c.handle, sql, uintptr(len(sql)), format, uintptr(len(format)), p.names.pointer(), p.names.lengths(), p.values.pointer(), p.values.lengths(), uintptr(len(params)))
	if r == 0 {
		return nil, Stats{}, errNull
	}
	defer api.resultDestroy(r)
	return takeResult(r)
}

// takeResult copies a result out of the library.
func takeResult(r uintptr) ([]byte, Stats, error) {
	stats := Stats{
		Rows:         api.resultRows(r),
		ReadRows:     api.resultStorageRows(r),
		ReadBytes:    api.resultStorageBytes(r),
		WrittenRows:  api.resultRowsWritten(r),
		WrittenBytes: api.resultBytesWritten(r),
	}
	if text := api.resultError(r); text != "" {
		return nil, stats, ParseError(text)
	}
	n := api.resultLength(r)
	if n == 0 {
		return nil, stats, nil
	}
	return append([]byte(nil), unsafe.Slice((*byte)(api.resultBuffer(r)), n)...), stats, nil
}

var errNull = errors.New("libchdb returned no result")

// Class says what a statement does, as the engine's own parser sees it.
type Class uint32

// The classes of chdb.h.
const (
	ReadOnly Class = iota
	Mutating
	MutatingGlobal
	Control
	Unknown // it does not parse
)

// Classify parses sql without running it and returns the number of statements in it and their strongest class.
func (c *Conn) Classify(sql string) (Class, int) {
	var out struct{ size, statements, flags, class uint32 }
	out.size = uint32(unsafe.Sizeof(out))
	if api.classify(c.handle, sql, uintptr(len(sql)), 0, 0, unsafe.Pointer(&out)) != 0 {
		return Unknown, 0
	}
	return Class(out.class), int(out.statements)
}

// cStrings is an array of C strings that Go's collector keeps alive for as long as the value is used.
type cStrings struct {
	bytes    [][]byte
	pointers []unsafe.Pointer
	sizes    []uintptr
}

func newCStrings(values []string) *cStrings {
	s := &cStrings{}
	for _, v := range values {
		b := append([]byte(strings.Clone(v)), 0)
		s.bytes = append(s.bytes, b)
		s.pointers = append(s.pointers, unsafe.Pointer(&b[0]))
		s.sizes = append(s.sizes, uintptr(len(v)))
	}
	s.pointers = append(s.pointers, nil)
	s.sizes = append(s.sizes, 0)
	return s
}

func (s *cStrings) pointer() unsafe.Pointer { return unsafe.Pointer(&s.pointers[0]) }
func (s *cStrings) lengths() unsafe.Pointer { return unsafe.Pointer(&s.sizes[0]) }

type cParams struct{ names, values *cStrings }

func newParams(params []Param) cParams {
	var names, values []string
	for _, p := range params {
		names = append(names, p.Name)
		values = append(values, p.Value)
	}
	return cParams{newCStrings(names), newCStrings(values)}
}
