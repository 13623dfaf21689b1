package block

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/longshore/longshore/pkg/schema"
)

// AppendText appends the value of a row as ClickHouse shows it: NULL, 1.5,
// 2024-02-29 12:00:00, ['a','b']. A String at the top isn't quoted. It is for
// people, previews and tests; it isn't fast.
func (c *Column) AppendText(dst []byte, row int) []byte { return c.appendText(dst, row, false) }

// IsNull reports whether the value of a row is null.
func (c *Column) IsNull(row int) bool {
	switch c.mode {
	case withNulls:
		return c.nulls[row] == 1
	case distinct:
		return c.nullKey && c.keys[row] == 0
	}
	return false
}

func (c *Column) appendText(dst []byte, row int, quoted bool) []byte {
	if c.IsNull(row) {
		return append(dst, "NULL"...)
	}
	if c.mode == distinct {
		return c.elems[0].appendText(dst, int(c.keys[row]), quoted)
	}
	switch c.kind {
	case schema.Array, schema.Map, schema.Tuple:
		return c.appendCompound(dst, row)
	}
	v, t := c.value(row), c.Type.Base()
	switch {
	case t.Kind.IsInteger() || t.Kind.IsFloat() || t.Kind == schema.Decimal || t.Kind == schema.Bool:
		return appendNumber(dst, v, t)
	case !quoted:
		return appendPlain(dst, v, t)
	}
	dst = append(dst, '\'')
	text := string(appendPlain(nil, v, t))
	dst = append(dst, escapes.Replace(text)...)
	return append(dst, '\'')
}

// escapes is how ClickHouse writes a text inside a compound value.
var escapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\b", `\b`, "\f", `\f`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", `\0`)

func (c *Column) appendCompound(dst []byte, row int) []byte {
	open, end := "[", "]"
	first, last := row, row+1
	switch c.kind {
	case schema.Tuple:
		open, end = "(", ")"
	case schema.Map:
		open, end = "{", "}"
		fallthrough
	default:
		first, last = c.end(row-1), c.end(row)
	}
	dst = append(dst, open...)
	for i := first; i < last; i++ {
		if i > first {
			dst = append(dst, ',')
		}
		for j, e := range c.elems {
			if j > 0 && c.kind == schema.Map {
				dst = append(dst, ':')
			} else if j > 0 {
				dst = append(dst, ',')
			}
			dst = e.appendText(dst, i, true)
		}
	}
	return append(dst, end...)
}

func appendNumber(dst, v []byte, t schema.Type) []byte {
	switch t.Kind {
	case schema.Bool:
		return strconv.AppendBool(dst, v[0] != 0)
	case schema.Float32:
		return appendFloat(dst, float64(math.Float32frombits(binary.LittleEndian.Uint32(v))), 32)
	case schema.Float64:
		return appendFloat(dst, math.Float64frombits(binary.LittleEndian.Uint64(v)), 64)
	case schema.Decimal:
		return appendDecimal(dst, bigInt(v, true), t.Scale)
	}
	return bigInt(v, t.Kind.IsSigned()).Append(dst, 10)
}

// appendFloat appends the shortest number that reads back as v.
func appendFloat(dst []byte, v float64, bits int) []byte {
	abs := math.Abs(v)
	tiny := abs < 1e-6
	if bits == 32 {
		tiny = float32(abs) < 1e-6
	}
	switch {
	case math.IsNaN(v):
		return append(dst, "nan"...)
	case math.IsInf(v, 0):
		return append(dst, strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(v, 'f', -1, bits)), "+")...)
	case abs != 0 && (tiny || abs >= 1e21):
		text := strconv.FormatFloat(v, 'e', -1, bits)
		text = strings.NewReplacer("e+0", "e", "e+", "e", "e-0", "e-").Replace(text)
		return append(dst, text...)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, bits)
}

// appendDecimal appends n / 10^scale without trailing zeros.
func appendDecimal(dst []byte, n *big.Int, scale int) []byte {
	if n.Sign() < 0 {
		dst = append(dst, '-')
	}
	digits := n.Text(10)
	digits = strings.TrimPrefix(digits, "-")
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale+1-len(digits)) + digits
	}
	dst = append(dst, digits[:len(digits)-scale]...)
	if fraction := strings.TrimRight(digits[len(digits)-scale:], "0"); fraction != "" {
		dst = append(append(dst, '.'), fraction...)
	}
	return dst
}

// bigInt reads a little-endian integer of any size.
func bigInt(v []byte, signed bool) *big.Int {
	be := slices.Clone(v)
	slices.Reverse(be)
	n := new(big.Int).SetBytes(be)
	if signed && be[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(be))))
	}
	return n
}

func appendPlain(dst, v []byte, t schema.Type) []byte {
	switch t.Kind {
	case schema.Date:
		return day(int64(binary.LittleEndian.Uint16(v))).AppendFormat(dst, time.DateOnly)
	case schema.Date32:
		return day(int64(int32(binary.LittleEndian.Uint32(v)))).AppendFormat(dst, time.DateOnly)
	case schema.DateTime:
		at := time.Unix(int64(binary.LittleEndian.Uint32(v)), 0)
		return at.In(location(t.Zone)).AppendFormat(dst, time.DateTime)
	case schema.DateTime64:
		return appendTicks(dst, int64(binary.LittleEndian.Uint64(v)), t)
	case schema.UUID:
		return appendUUID(dst, v)
	case schema.IPv4:
		return netip.AddrFrom4([4]byte{v[3], v[2], v[1], v[0]}).AppendTo(dst)
	case schema.IPv6:
		return netip.AddrFrom16([16]byte(v)).AppendTo(dst)
	case schema.Enum8, schema.Enum16:
		number := bigInt(v, true).Int64()
		for _, e := range t.Values {
			if int64(e.Number) == number {
				return append(dst, e.Name...)
			}
		}
	}
	return append(dst, v...)
}

func appendTicks(dst []byte, ticks int64, t schema.Type) []byte {
	scale := int64(1)
	for range t.Precision {
		scale *= 10
	}
	seconds, fraction := ticks/scale, ticks%scale
	if fraction < 0 {
		seconds, fraction = seconds-1, fraction+scale
	}
	dst = time.Unix(seconds, 0).In(location(t.Zone)).AppendFormat(dst, time.DateTime)
	if t.Precision == 0 {
		return dst
	}
	digits := strconv.FormatInt(scale+fraction, 10)
	return append(append(dst, '.'), digits[1:]...)
}

func appendUUID(dst, v []byte) []byte {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], binary.LittleEndian.Uint64(v))
	binary.BigEndian.PutUint64(b[8:], binary.LittleEndian.Uint64(v[8:]))
	for i, end := range []int{4, 6, 8, 10, 16} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, b[[]int{0, 4, 6, 8, 10}[i]:end])
	}
	return dst
}

func day(days int64) time.Time { return time.Unix(days*86400, 0).UTC() }

func location(zone string) *time.Location {
	if l, err := time.LoadLocation(zone); err == nil {
		return l
	}
	return time.UTC
}
