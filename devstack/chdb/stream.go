package chdb

import "unsafe"

// Rows is a result that arrives in chunks; each chunk is one block of the engine in the format asked for.
type Rows struct {
	conn   *Conn
	handle uintptr
	chunk  uintptr // the chunk last returned by Next, still owned by the library
	done   bool
	stats  Stats
}

// Stream starts a SELECT. Statements of any other kind are refused with ErrNotStreamable before they run.
// The Conn is busy until Close.
func (c *Conn) Stream(sql, format string, params ...Param) (*Rows, error) {
	p := newParams(params)
	h := api.streamQuery(c.handle, sql, uintptr(len(sql)), format, uintptr(len(format)), p.names.pointer(), p.names.lengths(), p.values.pointer(), p.values.lengths(), uintptr(len(params)))
	if h == 0 {
		return nil, errNull
	}
	if text := api.resultError(h); text != "" {
		api.resultDestroy(h)
		return nil, streamError(text)
	}
	return &Rows{conn: c, handle: h}, nil
}

// Next returns the next chunk, or nil after the last one. The bytes are valid until the next call of Next or Close.
func (r *Rows) Next() ([]byte, error) {
	if r.done {
		return nil, nil
	}
	r.release()
	chunk := api.streamFetch(r.conn.handle, r.handle)
	if chunk == 0 {
		r.done = true
		return nil, errNull
	}
	r.chunk = chunk
	if text := api.resultError(chunk); text != "" {
		r.done = true
		return nil, ParseError(text)
	}
	r.stats.Rows += api.resultRows(chunk)
	r.stats.ReadRows = max(r.stats.ReadRows, api.resultStorageRows(chunk))
	r.stats.ReadBytes = max(r.stats.ReadBytes, api.resultStorageBytes(chunk))
	n := api.resultLength(chunk)
	if n == 0 {
		r.done = true
		return nil, nil
	}
	return unsafe.Slice((*byte)(api.resultBuffer(chunk)), n), nil
}

// Stats counts what was read so far.
func (r *Rows) Stats() Stats { return r.stats }

// Close ends the stream, stopping the query when it still runs. It may be called twice.
func (r *Rows) Close() {
	if r.handle == 0 {
		return
	}
	r.release()
	if !r.done {
		api.streamCancel(r.conn.handle, r.handle)
	}
	api.resultDestroy(r.handle)
	r.handle, r.done = 0, true
}

func (r *Rows) release() {
	if r.chunk != 0 {
		api.resultDestroy(r.chunk)
		r.chunk = 0
	}
}

// Insert is an INSERT that is fed with data in chunks of any size.
type Insert struct{ handle uintptr }

// Insert starts an INSERT; sql has no FORMAT clause and no data. The Conn is busy until Close.
func (c *Conn) Insert(sql, format string, params ...Param) (*Insert, error) {
	p := newParams(params)
	h := api.insert(c.handle, sql, uintptr(len(sql)), format, uintptr(len(format)), p.names.pointer(), p.names.lengths(), p.values.pointer(), p.values.lengths(), uintptr(len(params)))
	if h == 0 {
		return nil, errNull
	}
	if text := api.insertError(h); text != "" {
		api.insertDestroy(h)
		return nil, ParseError(text)
	}
	return &Insert{handle: h}, nil
}

// fed is how much the engine is given at a time, in bytes: it copies what it gets into memory that it may not have yet.
const fed = 1 << 20

// Write feeds the INSERT; it blocks while the engine is behind. A failed INSERT reports its own error.
func (i *Insert) Write(data []byte) (int, error) {
	for rest := data; len(rest) > 0; rest = rest[min(fed, len(rest)):] {
		if api.insertAppend(i.handle, unsafe.Pointer(&rest[0]), uintptr(min(fed, len(rest)))) != 0 {
			return 0, i.failed()
		}
	}
	return len(data), nil
}

// failed returns the error of an INSERT that takes no more.
func (i *Insert) failed() error {
	if text := api.insertError(i.handle); text != "" {
		return ParseError(text)
	}
	_, err := i.Commit()
	if err == nil {
		err = errNull
	}
	return err
}

// Commit ends the data and returns once it is stored.
func (i *Insert) Commit() (Stats, error) {
	r := api.insertDone(i.handle)
	if r == 0 {
		return Stats{}, errNull
	}
	defer api.resultDestroy(r)
	_, stats, err := takeResult(r)
	return stats, err
}

// Close releases the INSERT and stops it when it was not committed; blocks that the engine stored before stay.
func (i *Insert) Close() {
	if i.handle != 0 {
		api.insertDestroy(i.handle) // cancels first
		i.handle = 0
	}
}
