package mysql

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// FuzzValues appends any bytes to each type: as a value, or as an error.
func FuzzValues(f *testing.F) {
	for _, text := range []string{"", "-12.50", "2024-02-29 12:00:00.000001", "0000-00-00", "\xff", "18446744073709551615", strings.Repeat("9", 200), "-", ".", "+1"} {
		f.Add([]byte(text))
	}
	all := []shape{decimalShape(5, 2), decimalShape(65, 30)}
	for _, s := range shapes {
		all = append(all, s)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		for _, s := range all {
			b := array.NewBuilder(memory.DefaultAllocator, s.t)
			err := s.decode(b)(value)
			var known *valueError
			switch {
			case err == nil && b.Len() != 1:
				t.Fatalf("%v: appended %d values of %q", s.t, b.Len(), value)
			case err != nil && (b.Len() != 0 || !errors.As(err, &known)):
				t.Fatalf("%v: appended %d values of %q with %v", s.t, b.Len(), value, err)
			}
			b.Release()
		}
	})
}

// FuzzDecimal spells numbers as the server does.
func FuzzDecimal(f *testing.F) {
	f.Add(int64(-1250), uint64(0), uint8(2))
	f.Add(int64(1), uint64(1<<63), uint8(30))
	f.Fuzz(func(t *testing.T, high int64, low uint64, scale uint8) {
		scale %= 31
		want := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(high), 64), new(big.Int).SetUint64(low))
		digits := fmt.Sprintf("%0*s", int(scale)+1, new(big.Int).Abs(want))
		text := digits[:len(digits)-int(scale)]
		if scale > 0 {
			text += "." + digits[len(digits)-int(scale):]
		}
		if want.Sign() < 0 {
			text = "-" + text
		}
		s := decimalShape(65, int64(scale))
		b := array.NewBuilder(memory.DefaultAllocator, s.t)
		defer b.Release()
		if err := s.decode(b)([]byte(text)); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		column := b.NewArray().(*array.Decimal256)
		defer column.Release()
		if got := column.Value(0).BigInt(); got.Cmp(want) != 0 {
			t.Fatalf("%s: got %v, want %v", text, got, want)
		}
	})
}

func TestIntegersStayInRange(t *testing.T) {
	for _, c := range []struct {
		name string
		t    arrow.DataType
	}{{"TINYINT", arrow.PrimitiveTypes.Int8}, {"UNSIGNED TINYINT", arrow.PrimitiveTypes.Uint8}, {"UNSIGNED INT", arrow.PrimitiveTypes.Uint32}} {
		b := array.NewBuilder(memory.DefaultAllocator, c.t)
		for _, v := range []any{int64(-129), int64(1 << 40), []byte("18446744073709551615"), 1.5} {
			if err := shapes[c.name].decode(b)(v); err == nil {
				t.Errorf("%s took %v", c.name, v)
			}
		}
		b.Release()
	}
}
