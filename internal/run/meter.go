package run

import "sync/atomic"

// Meter counts what an attempt did so far. It is safe for concurrent use; its
// zero value is ready.
type Meter struct {
	rows, bytes atomic.Int64
}

// Add counts rows read and bytes moved.
func (m *Meter) Add(rows, bytes int64) {
	m.rows.Add(rows)
	m.bytes.Add(bytes)
}

// Read returns the counts.
func (m *Meter) Read() (rows, bytes int64) { return m.rows.Load(), m.bytes.Load() }
