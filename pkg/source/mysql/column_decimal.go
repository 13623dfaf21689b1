package mysql

import (
	"bytes"
	"database/sql/driver"
	"math/big"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/decimal256"
)

// errDigits is an unsigned decimal, whose precision the protocol states without
// saying that it is unsigned: it may have one digit more.
var errDigits = &valueError{"holds a number with more digits than its type has", "select CAST(%s AS DECIMAL(p, s)) with room for them"}

func decimals128(t *arrow.Decimal128Type) func(array.Builder) appender {
	return func(b array.Builder) appender {
		to := b.(*array.Decimal128Builder)
		return func(v driver.Value) error {
			small, large, err := unscaled(v, int(t.Precision), int(t.Scale))
			switch {
			case err != nil:
				return err
			case large != nil:
				to.Append(decimal128.FromBigInt(large))
			default:
				to.Append(decimal128.FromI64(small))
			}
			return nil
		}
	}
}

func decimals256(t *arrow.Decimal256Type) func(array.Builder) appender {
	return func(b array.Builder) appender {
		to := b.(*array.Decimal256Builder)
		return func(v driver.Value) error {
			small, large, err := unscaled(v, int(t.Precision), int(t.Scale))
			switch {
			case err != nil:
				return err
			case large != nil:
				to.Append(decimal256.FromBigInt(large))
			default:
				to.Append(decimal256.FromI64(small))
			}
			return nil
		}
	}
}

// unscaled reads "-12.50" as a number times 10^scale; large is nil where a word
// holds it, as it mostly does.
func unscaled(v driver.Value, precision, scale int) (small int64, large *big.Int, err error) {
	text, ok := v.([]byte)
	if !ok {
		return 0, nil, errForm
	}
	digits, negative := bytes.CutPrefix(text, []byte("-"))
	whole, fraction, _ := bytes.Cut(digits, []byte("."))
	if len(fraction) > scale {
		return 0, nil, errForm
	}
	var room [100]byte
	all := append(append(room[:0], whole...), fraction...)
	for range scale - len(fraction) {
		all = append(all, '0')
	}
	if all = bytes.TrimLeft(all, "0"); len(all) == 0 {
		return 0, nil, nil
	}
	if len(all) > precision {
		return 0, nil, errDigits
	}
	if len(all) <= 18 {
		small, err := strconv.ParseInt(string(all), 10, 64)
		if err != nil {
			return 0, nil, errForm
		}
		if negative {
			small = -small
		}
		return small, nil, nil
	}
	large, ok = new(big.Int).SetString(string(all), 10)
	if !ok {
		return 0, nil, errForm
	}
	if negative {
		large.Neg(large)
	}
	return 0, large, nil
}
