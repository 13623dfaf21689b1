package parquet

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

// storage is how the values of a leaf stand in the file, and how they get there
// from Arrow.
type storage struct {
	physical meta.Type
	length   int // FixedLenByteArray: bytes
	order    order
	load     loading
	factor   int64 // loadScaled: what a value is multiplied with
}

// order is how the minimum and maximum of a column are found.
type order uint8

const (
	signed order = iota
	unsigned
	float
	bytewise       // unsigned bytes, the shorter one first
	bytewiseSigned // two's complement, most significant byte first, all of one length
)

// loading is which values an Arrow array has and what becomes of them.
type loading uint8

const (
	loadBits     loading = iota
	loadInt8             // to 32 bits
	loadInt16            // to 32 bits
	loadUint8            // to 32 bits
	loadUint16           // to 32 bits
	loadHalf             // float16 to float32
	load32               // as they are
	loadScaled32         // of 32 bits, times factor
	loadDate64           // milliseconds, to days
	load64               // as they are
	loadScaled           // of 64 bits, times factor
	loadDecimal          // decimal128 to 32 or 64 bits
	loadNull             // no values at all
	loadOffsets32
	loadOffsets64
	loadFixed      // fixed_size_binary
	loadDecimal128 // to big-endian bytes
	loadDecimal256 // to big-endian bytes
)

// storageOf says how a type is stored, and notes its physical and logical type in e.
func storageOf(t arrow.DataType, logical batch.Logical, e *meta.Element) (storage, error) {
	s, err := scalarStorage(t, logical, e)
	e.Type, e.TypeLength = s.physical, int32(s.length)
	return s, err
}

func scalarStorage(t arrow.DataType, logical batch.Logical, e *meta.Element) (storage, error) {
	switch t := t.(type) {
	case *arrow.BooleanType:
		return storage{physical: meta.Boolean, order: unsigned, load: loadBits}, nil
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type,
		*arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type:
		return integerStorage(t, e), nil
	case *arrow.Float16Type:
		return storage{physical: meta.Float, order: float, load: loadHalf}, nil
	case *arrow.Float32Type:
		return storage{physical: meta.Float, order: float, load: load32}, nil
	case *arrow.Float64Type:
		return storage{physical: meta.Double, order: float, load: load64}, nil
	case arrow.DecimalType:
		return decimalStorage(t, e)
	case *arrow.StringType, *arrow.LargeStringType, *arrow.BinaryType, *arrow.LargeBinaryType:
		return bytesStorage(t, logical, e), nil
	case *arrow.FixedSizeBinaryType:
		if logical == batch.UUID && t.ByteWidth == 16 {
			e.Logical.Kind = meta.UUIDKind
		}
		return storage{physical: meta.FixedLenByteArray, length: t.ByteWidth, order: bytewise, load: loadFixed}, nil
	case *arrow.NullType:
		e.Logical.Kind = meta.UnknownKind
		return storage{physical: meta.Int32, order: signed, load: loadNull}, nil
	case *arrow.DurationType:
		return storage{physical: meta.Int64, order: signed, load: load64}, nil
	case *arrow.DictionaryType:
		return scalarStorage(t.ValueType, logical, e)
	}
	return timeStorage(t, e)
}

func integerStorage(t arrow.DataType, e *meta.Element) storage {
	s := storage{physical: meta.Int32, order: signed, load: load32}
	switch t.ID() {
	case arrow.INT8:
		s.load, e.Converted = loadInt8, meta.Int8
	case arrow.INT16:
		s.load, e.Converted = loadInt16, meta.Int16
	case arrow.INT64:
		s.physical, s.load = meta.Int64, load64
	case arrow.UINT8:
		s.load, s.order, e.Converted = loadUint8, unsigned, meta.Uint8
	case arrow.UINT16:
		s.load, s.order, e.Converted = loadUint16, unsigned, meta.Uint16
	case arrow.UINT32:
		s.order, e.Converted = unsigned, meta.Uint32
	case arrow.UINT64:
		s.physical, s.load, s.order, e.Converted = meta.Int64, load64, unsigned, meta.Uint64
	}
	if e.Converted != meta.NoConverted { // INT32 and INT64 alone mean signed
		bits := int8(t.(arrow.FixedWidthDataType).BitWidth())
		e.Logical = meta.Logical{Kind: meta.IntKind, BitWidth: bits, Signed: s.order == signed}
	}
	return s
}

// decimalStorage takes the smallest integer that holds the precision, or as many
// bytes as it takes.
func decimalStorage(t arrow.DecimalType, e *meta.Element) (storage, error) {
	p, scale := t.GetPrecision(), t.GetScale()
	if p < 1 || scale < 0 || scale > p {
		return storage{}, fmt.Errorf("decimal(%d, %d) can't be written: a scale from 0 to the precision expected", p, scale)
	}
	e.Converted = meta.Decimal
	e.Logical = meta.Logical{Kind: meta.DecimalKind, Precision: p, Scale: scale}
	wide := t.ID() == arrow.DECIMAL256
	switch {
	case p <= 9 && !wide:
		return storage{physical: meta.Int32, order: signed, load: loadDecimal}, nil
	case p <= 18 && !wide:
		return storage{physical: meta.Int64, order: signed, load: loadDecimal}, nil
	}
	s := storage{physical: meta.FixedLenByteArray, length: decimalBytes(int(p)), order: bytewiseSigned, load: loadDecimal128}
	if wide {
		s.load = loadDecimal256
	}
	return s, nil
}

// decimalBytes returns how many bytes of two's complement hold any number of so
// many digits.
func decimalBytes(precision int) int {
	// 10^p needs p*log2(10) bits, and one for the sign. The quotient is exact
	// enough for p up to 76.
	return (precision*3321928095/1000000000 + 1 + 8) / 8
}

func bytesStorage(t arrow.DataType, logical batch.Logical, e *meta.Element) storage {
	s := storage{physical: meta.ByteArray, order: bytewise, load: loadOffsets32}
	if t.ID() == arrow.LARGE_STRING || t.ID() == arrow.LARGE_BINARY {
		s.load = loadOffsets64
	}
	switch {
	case t.ID() == arrow.BINARY || t.ID() == arrow.LARGE_BINARY:
	case logical == batch.JSON:
		e.Converted, e.Logical.Kind = meta.JSONConverted, meta.JSONKind
	default:
		e.Converted, e.Logical.Kind = meta.UTF8, meta.StringKind
	}
	return s
}

func timeStorage(t arrow.DataType, e *meta.Element) (storage, error) {
	s := storage{physical: meta.Int64, order: signed, load: load64}
	switch t := t.(type) {
	case *arrow.Date32Type:
		e.Converted, e.Logical.Kind = meta.DateConverted, meta.DateKind
		return storage{physical: meta.Int32, order: signed, load: load32}, nil
	case *arrow.Date64Type:
		e.Converted, e.Logical.Kind = meta.DateConverted, meta.DateKind
		return storage{physical: meta.Int32, order: signed, load: loadDate64}, nil
	case *arrow.Time32Type:
		e.Converted, e.Logical = meta.TimeMillis, meta.Logical{Kind: meta.TimeKind, Unit: meta.Millis}
		s.physical, s.load = meta.Int32, load32
		if t.Unit == arrow.Second {
			s.load, s.factor = loadScaled32, 1000
		}
		return s, nil
	case *arrow.Time64Type:
		e.Logical = meta.Logical{Kind: meta.TimeKind, Unit: unitOf(t.Unit)}
		if t.Unit == arrow.Microsecond {
			e.Converted = meta.TimeMicros
		}
		return s, nil
	case *arrow.TimestampType:
		e.Logical = meta.Logical{Kind: meta.TimestampKind, Unit: unitOf(t.Unit), UTC: t.TimeZone != ""}
		switch t.Unit {
		case arrow.Second:
			s.load, s.factor = loadScaled, 1000
			e.Converted = meta.TimestampMillis
		case arrow.Millisecond:
			e.Converted = meta.TimestampMillis
		case arrow.Microsecond:
			e.Converted = meta.TimestampMicros
		}
		return s, nil
	}
	return storage{}, fmt.Errorf("type %s can't be written", t)
}

// unitOf returns Parquet's unit; seconds, which it lacks, become milliseconds.
func unitOf(u arrow.TimeUnit) meta.Unit {
	switch u {
	case arrow.Microsecond:
		return meta.Micros
	case arrow.Nanosecond:
		return meta.Nanos
	}
	return meta.Millis
}
