package mapping

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"

	"github.com/osteele/liquid"

	"github.com/longshore/longshore/pkg/format/text"
)

// float is a number that prints as CSV has it: 1500000, where fmt would print
// 1.5e+06.
type float float64

// String returns the shortest text that reads back.
func (f float) String() string { return string(text.AppendFloat64(nil, float64(f))) }

// addNumberFilters replaces Liquid's number filters, which make floats of
// integers and print them with exponents. Here integers stay exact.
func addNumberFilters(e *liquid.Engine) {
	e.RegisterFilter("plus", reckon((*big.Int).Add, func(a, b float64) float64 { return a + b }))
	e.RegisterFilter("minus", reckon((*big.Int).Sub, func(a, b float64) float64 { return a - b }))
	e.RegisterFilter("times", reckon((*big.Int).Mul, func(a, b float64) float64 { return a * b }))
	e.RegisterFilter("divided_by", divide(reckon(floorOf, func(a, b float64) float64 { return a / b })))
	e.RegisterFilter("modulo", divide(reckon(restOf, func(a, b float64) float64 { return a - b*math.Floor(a/b) })))
	e.RegisterFilter("abs", func(v any) (any, error) {
		n, err := numberOf(v)
		if n.whole != nil {
			return wholeFrom(n.whole.Abs(n.whole)), err
		}
		return float(math.Abs(n.float)), err
	})
	e.RegisterFilter("ceil", rounding(math.Ceil))
	e.RegisterFilter("floor", rounding(math.Floor))
	e.RegisterFilter("round", func(v any, places func(int) int) (any, error) {
		scale := math.Pow10(places(0))
		return rounding(func(n float64) float64 { return math.Round(n*scale) / scale })(v)
	})
}

// floorOf sets z to a/b, rounded down as Liquid does.
func floorOf(z, a, b *big.Int) *big.Int {
	rest := new(big.Int)
	if z.QuoRem(a, b, rest); rest.Sign()*b.Sign() < 0 {
		z.Sub(z, big.NewInt(1))
	}
	return z
}

// restOf sets z to what floorOf leaves.
func restOf(z, a, b *big.Int) *big.Int {
	if z.Rem(a, b); z.Sign()*b.Sign() < 0 {
		z.Add(z, b)
	}
	return z
}

// rounding is a filter that leaves integers alone.
func rounding(f func(float64) float64) func(any) (any, error) {
	return func(v any) (any, error) {
		n, err := numberOf(v)
		if n.whole != nil {
			return wholeFrom(n.whole), err
		}
		return float(f(n.float)), err
	}
}

// reckon is a filter of two numbers.
func reckon(whole func(z, a, b *big.Int) *big.Int, f func(a, b float64) float64) func(a, b any) (any, error) {
	return func(a, b any) (any, error) {
		x, err := numberOf(a)
		if err != nil {
			return nil, err
		}
		y, err := numberOf(b)
		if err != nil {
			return nil, err
		}
		if x.whole != nil && y.whole != nil {
			return wholeFrom(whole(new(big.Int), x.whole, y.whole)), nil
		}
		return float(f(x.float, y.float)), nil
	}
}

var errDivideByZero = errors.New("division by zero")

// divide refuses to divide by zero.
func divide(filter func(a, b any) (any, error)) func(a, b any) (any, error) {
	return func(a, b any) (any, error) {
		if by, err := numberOf(b); err == nil && by.float == 0 {
			return nil, errDivideByZero
		}
		return filter(a, b)
	}
}

// number is what a filter reckons with.
type number struct {
	whole *big.Int // nil where it isn't an integer
	float float64  // the nearest one of an integer
}

// numberOf returns the number that a value is, or that its text is of. Nothing
// counts as 0.
func numberOf(v any) (number, error) {
	switch rv := reflect.ValueOf(v); {
	case v == nil || v == "":
		return number{whole: new(big.Int)}, nil
	case rv.CanInt():
		return number{big.NewInt(rv.Int()), float64(rv.Int())}, nil
	case rv.CanFloat():
		return number{float: rv.Float()}, nil
	case rv.Kind() == reflect.String:
		f, err := strconv.ParseFloat(rv.String(), 64)
		if err != nil {
			break
		}
		if whole, ok := new(big.Int).SetString(rv.String(), 10); ok {
			return number{whole, f}, nil
		}
		return number{float: f}, nil
	}
	return number{}, fmt.Errorf("%q is no number", fmt.Sprint(v))
}

// wholeFrom returns an int, or the digits of a number that is too large for one.
func wholeFrom(n *big.Int) any {
	if n.IsInt64() {
		return int(n.Int64())
	}
	return n.String()
}
