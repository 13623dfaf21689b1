package postgres

import (
	"bytes"
	"testing"
)

// TestNoTypeAllocates counts the allocations of a batch of each type, in which each
// second value is null: one of 8,192 rows takes no more than one of an eighth, but
// for buffers that grow.
func TestNoTypeAllocates(t *testing.T) {
	const rows, growing = 8192, 16
	numeric := func(precision, scale int32) int32 { return precision<<16 | scale + 4 }
	price := []byte{0, 2, 0, 0, 0, 0, 0, 2, 0, 7, 4, 0xb0}                                    // 7.12
	long := append([]byte{0, 16, 0, 15, 0x40, 0, 0, 3}, bytes.Repeat([]byte{4, 0xd2}, 16)...) // -12341234….000
	list := append([]byte{0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 8}, int64Bytes(5)...)
	of := func(oid uint32, typmod int32) shape {
		s, ok := builtin(oid, typmod)
		if !ok {
			t.Fatalf("type %d isn't built in", oid)
		}
		return s
	}
	for _, c := range []struct {
		name  string
		shape shape
		value []byte
	}{
		{"bool", of(oidBool, -1), []byte{1}},
		{"int2", of(oidInt2, -1), []byte{1, 2}},
		{"int4", of(oidInt4, -1), []byte{1, 2, 3, 4}},
		{"int8", of(oidInt8, -1), int64Bytes(-7)},
		{"float4", of(oidFloat4, -1), []byte{1, 2, 3, 4}},
		{"float8", of(oidFloat8, -1), int64Bytes(7)},
		{"time", of(oidTime, -1), int64Bytes(86399_000000)},
		{"date", of(oidDate, -1), []byte{0, 0, 1, 2}},
		{"timestamp", of(oidTimestamp, -1), int64Bytes(7)},
		{"timestamptz", of(oidTimestampTZ, -1), int64Bytes(-7)},
		{"numeric(12,2)", of(oidNumeric, numeric(12, 2)), price},
		{"numeric(70,3)", of(oidNumeric, numeric(70, 3)), long},
		{"numeric", of(oidNumeric, -1), long},
		{"uuid", of(oidUUID, -1), bytes.Repeat([]byte{0xab}, 16)},
		{"text", of(oidText, -1), []byte("žluť and more")},
		{"bytea", of(oidBytea, -1), []byte{0xff, 0}},
		{"json", of(oidJSON, -1), []byte(`{"a": 1}`)},
		{"jsonb", of(oidJSONB, -1), []byte("\x01{}")},
		{"inet", of(oidInet, -1), []byte{2, 24, 0, 4, 10, 0, 0, 1}},
		{"inet of IPv6", of(oidInet, -1), append([]byte{3, 128, 0, 16}, bytes.Repeat([]byte{0x20}, 16)...)},
		{"interval", of(oidInterval, -1), []byte("1 day 02:03:04")},
		{"int8[]", listShape(of(oidInt8, -1)), list},
	} {
		t.Run(c.name, func(t *testing.T) {
			few, many := decodeAllocs(t, c.shape, c.value, rows/8), decodeAllocs(t, c.shape, c.value, rows)
			if many > few+growing {
				t.Errorf("got %v allocations in %d rows, and %v in %d: want no more", many, rows, few, rows/8)
			}
		})
	}
}

func decodeAllocs(t *testing.T, s shape, value []byte, rows int) float64 {
	t.Helper()
	all := make([][]byte, rows)
	for i := range all {
		all[i] = rowBytes([][]byte{value, nil}[i%2])
	}
	whole := answer(all)
	r := newTestReader([]shape{s}, nil)
	r.db.batchRows = rows
	in := bytes.NewReader(nil)
	decode := func() {
		in.Reset(whole)
		r.wire.conn = in
		r.wire.opened, r.wire.trailer, r.wire.done = false, false, false
		if n, err := drain(r); n != rows || err != nil {
			t.Fatalf("got %d rows and %v, want %d", n, err, rows)
		}
	}
	decode()
	return testing.AllocsPerRun(4, decode)
}
