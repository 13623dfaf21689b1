package mysql

import (
	"database/sql/driver"
	"encoding/binary"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow/array"
)

// valueError is a value that its column can't hold. The reader adds the place.
type valueError struct {
	text   string
	remedy string // with %s for the column's name
}

func (e *valueError) Error() string { return e.text }

// errForm is a value in a form that its type doesn't have: the table was
// changed while we read.
var errForm = &valueError{"holds a value of another type than it was described with", "run it again; if it stays, cast %s to a type"}

var errNotText = &valueError{"holds bytes that aren't UTF-8", "select HEX(%[1]s) or TO_BASE64(%[1]s)"}

type integer interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// integers appends whole numbers. Those beyond int64 come as text.
func integers[T integer](b array.Builder) appender {
	to := b.(interface{ Append(T) })
	return func(v driver.Value) error {
		n, ok := toInteger[T](v)
		if !ok {
			return errForm
		}
		to.Append(n)
		return nil
	}
}

func toInteger[T integer](v driver.Value) (n T, ok bool) {
	switch v := v.(type) {
	case int64:
		n = T(v)
		return n, int64(n) == v && (n < 0) == (v < 0)
	case []byte:
		if len(v) > 0 && v[0] == '-' {
			i, err := strconv.ParseInt(string(v), 10, 64)
			n = T(i)
			return n, err == nil && n <= 0 && int64(n) == i
		}
		u, err := strconv.ParseUint(string(v), 10, 64)
		n = T(u)
		return n, err == nil && n >= 0 && uint64(n) == u
	}
	return 0, false
}

func float32s(b array.Builder) appender {
	to := b.(*array.Float32Builder)
	return func(v driver.Value) error {
		f, ok := v.(float32)
		if !ok {
			return errForm
		}
		to.Append(f)
		return nil
	}
}

func float64s(b array.Builder) appender {
	to := b.(*array.Float64Builder)
	return func(v driver.Value) error {
		f, ok := v.(float64)
		if !ok {
			return errForm
		}
		to.Append(f)
		return nil
	}
}

// bitFields appends bits, which come as bytes, the most significant first.
func bitFields(b array.Builder) appender {
	to := b.(*array.Uint64Builder)
	return func(v driver.Value) error {
		src, ok := v.([]byte)
		if !ok || len(src) > 8 {
			return errForm
		}
		var word [8]byte
		copy(word[8-len(src):], src)
		to.Append(binary.BigEndian.Uint64(word[:]))
		return nil
	}
}

func texts(b array.Builder) appender {
	to := b.(*array.StringBuilder).BinaryBuilder
	return func(v driver.Value) error {
		src, ok := v.([]byte)
		switch {
		case !ok:
			return errForm
		case !utf8.Valid(src):
			return errNotText
		}
		to.Append(src)
		return nil
	}
}

func binaries(b array.Builder) appender {
	to := b.(*array.BinaryBuilder)
	return func(v driver.Value) error {
		src, ok := v.([]byte)
		if !ok {
			return errForm
		}
		to.Append(src)
		return nil
	}
}
