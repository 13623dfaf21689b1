package parquet

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/float16"

	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

// fileType is what the values of a leaf in a file mean.
type fileType struct {
	kind      fileKind
	physical  meta.Type
	unsigned  bool           // fileInt
	bits      int            // fileInt: 8 to 64
	scale     int            // fileDecimal
	precision int            // fileDecimal
	unit      arrow.TimeUnit // fileTime, fileTimestamp
	utc       bool           // fileTimestamp: instants, not a wall clock's readings
}

type fileKind uint8

const (
	fileBytes fileKind = iota // of no known meaning
	fileText                  // UTF-8
	fileJSON
	fileBool
	fileInt
	fileFloat
	fileDecimal
	fileDate
	fileTime
	fileTimestamp
	fileInt96 // timestamps of old, in UTC
	fileUUID
	fileNull // no value at all
)

// fileTypeOf reads the logical type, or the converted type where that is all
// there is. A combination that the format doesn't know counts as unmarked.
func fileTypeOf(e *meta.Element) fileType {
	t := fileType{physical: e.Type}
	switch e.Type {
	case meta.Boolean:
		t.kind = fileBool
	case meta.Int32, meta.Int64:
		t.ofInteger(e)
	case meta.Int96:
		t.kind = fileInt96
	case meta.Float, meta.Double:
		t.kind = fileFloat
	default:
		t.ofBytes(e)
	}
	if e.Logical.Kind == meta.UnknownKind {
		t.kind = fileNull
	}
	return t
}

func (t *fileType) ofInteger(e *meta.Element) {
	t.kind, t.bits = fileInt, 32
	if e.Type == meta.Int64 {
		t.bits = 64
	}
	l, long := e.Logical, e.Type == meta.Int64
	switch {
	case l.Kind == meta.DecimalKind, e.Converted == meta.Decimal:
		t.ofDecimal(e)
	case !long && (l.Kind == meta.DateKind || e.Converted == meta.DateConverted):
		t.kind = fileDate
	case l.Kind == meta.TimeKind:
		t.kind, t.unit = fileTime, timeUnitOf(l.Unit)
	case e.Converted == meta.TimeMillis && l.Kind == meta.NoLogical:
		t.kind, t.unit = fileTime, arrow.Millisecond
	case e.Converted == meta.TimeMicros && l.Kind == meta.NoLogical:
		t.kind, t.unit = fileTime, arrow.Microsecond
	case long && l.Kind == meta.TimestampKind:
		t.kind, t.unit, t.utc = fileTimestamp, timeUnitOf(l.Unit), l.UTC
	case long && e.Converted == meta.TimestampMillis:
		t.kind, t.unit, t.utc = fileTimestamp, arrow.Millisecond, true
	case long && e.Converted == meta.TimestampMicros:
		t.kind, t.unit, t.utc = fileTimestamp, arrow.Microsecond, true
	case l.Kind == meta.IntKind:
		t.unsigned, t.bits = !l.Signed, int(l.BitWidth)
	case e.Converted >= meta.Uint8 && e.Converted <= meta.Uint64:
		t.unsigned, t.bits = true, 8<<(e.Converted-meta.Uint8)
	case e.Converted >= meta.Int8 && e.Converted <= meta.Int64Converted:
		t.bits = 8 << (e.Converted - meta.Int8)
	}
}

func (t *fileType) ofDecimal(e *meta.Element) {
	t.kind, t.scale, t.precision = fileDecimal, int(e.Scale), int(e.Precision)
	if e.Logical.Kind == meta.DecimalKind {
		t.scale, t.precision = int(e.Logical.Scale), int(e.Logical.Precision)
	}
	if t.scale < 0 || t.scale > 1000 { // nonsense: the number as it stands
		t.scale = 0
	}
}

func (t *fileType) ofBytes(e *meta.Element) {
	length := int32(0)
	if e.Type == meta.FixedLenByteArray {
		length = e.TypeLength
	}
	switch {
	case e.Logical.Kind == meta.DecimalKind, e.Converted == meta.Decimal:
		t.ofDecimal(e)
	case e.Logical.Kind == meta.UUIDKind && length == 16:
		t.kind = fileUUID
	case e.Logical.Kind == meta.Float16Kind && length == 2:
		t.kind = fileFloat
	case e.Logical.Kind == meta.JSONKind, e.Converted == meta.JSONConverted:
		t.kind = fileJSON
	case e.Logical.Kind == meta.StringKind, e.Logical.Kind == meta.EnumKind,
		e.Converted == meta.UTF8, e.Converted == meta.EnumConverted:
		t.kind = fileText
	}
}

func timeUnitOf(u meta.Unit) arrow.TimeUnit {
	switch u {
	case meta.Micros:
		return arrow.Microsecond
	case meta.Nanos:
		return arrow.Nanosecond
	}
	return arrow.Millisecond
}

// int returns the k-th value of an integer column. Of a UINT_64 beyond int64, it
// is negative.
func (t *fileType) int(e *entries, k int) int64 {
	switch {
	case t.physical == meta.Int64:
		return int64(e.w64[k])
	case t.unsigned:
		return int64(e.w32[k])
	}
	return int64(int32(e.w32[k]))
}

// isHuge reports whether v, which int returned, is a UINT_64 beyond int64.
func (t *fileType) isHuge(v int64) bool { return v < 0 && t.unsigned && t.physical == meta.Int64 }

// float returns the k-th value of a fileFloat.
func (t *fileType) float(e *entries, k int) float64 {
	switch t.physical {
	case meta.Float:
		return float64(math.Float32frombits(e.w32[k]))
	case meta.Double:
		return math.Float64frombits(e.w64[k])
	}
	return float64(float16.FromBits(binary.LittleEndian.Uint16(e.bytes(k))).Float32())
}

// decimal returns the unscaled k-th value of a fileDecimal. It isn't ok where it
// has more than 256 bits.
func (t *fileType) decimal(e *entries, k int) (v wide, ok bool) {
	switch t.physical {
	case meta.Int32:
		return wideOf(int64(int32(e.w32[k]))), true
	case meta.Int64:
		return wideOf(int64(e.w64[k])), true
	}
	return wideOfBytes(e.bytes(k))
}

// julian1970 is the Julian day number of 1970-01-01.
const julian1970 = 2440588

// instant96 returns the k-th value of a fileInt96.
func instant96(b []byte) (seconds, nanos int64) {
	nanos = int64(binary.LittleEndian.Uint64(b))
	days := int64(int32(binary.LittleEndian.Uint32(b[8:]))) - julian1970
	return days*86400 + floorDiv(nanos, 1e9), nanos - floorDiv(nanos, 1e9)*1e9
}

var kindNames = [...]string{
	fileBytes: "bytes", fileText: "text", fileJSON: "JSON", fileBool: "boolean", fileInt: "integer", fileFloat: "float",
	fileDecimal: "decimal", fileDate: "date", fileTime: "time of day", fileTimestamp: "timestamp", fileInt96: "timestamp",
	fileUUID: "UUID", fileNull: "nulls",
}

// String names the type for messages.
func (t *fileType) String() string { return kindNames[t.kind] }
