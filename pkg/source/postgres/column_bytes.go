package postgres

import (
	"net/netip"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/longshore/longshore/pkg/fault"
)

// variable is the part that columns of values of any length share.
type variable struct {
	validity
	offsets growing
	data    growing
	used    int // bytes of data
	dtype   arrow.DataType
}

func newVariable(mem memory.Allocator, t arrow.DataType) variable {
	return variable{validity: validity{mem: mem}, offsets: growing{mem: mem}, data: growing{mem: mem}, dtype: t}
}

// ends returns the room for where n more values end. The first offset of a
// batch is zero.
func (c *variable) ends(n int) []int32 {
	all := arrow.Int32Traits.CastFromBytes(c.offsets.room((c.n + n + 1) * 4))
	if c.n == 0 {
		all[0] = 0
	}
	return all[c.n+1 : c.n+n+1]
}

func (c *variable) size() int { return c.used + 4*c.n }

func (c *variable) finish() arrow.ArrayData {
	if c.n == 0 {
		c.ends(0)
	}
	bits, n, nulls := c.take()
	data := newData(c.dtype, n, nulls, bits, c.offsets.take(4*(n+1)), c.data.take(c.used))
	c.used = 0
	return data
}

func (c *variable) drop() { c.finish().Release() }

func tooLarge(row int) *valueError {
	return &valueError{row: row, kind: fault.Invalid, text: "holds values of more than 2 GiB together",
		remedy: "leave %s out, or export it by itself"}
}

// bytesColumn is text, varchar, name, json, bytea: bytes as they are.
type bytesColumn struct {
	variable
	skip int // bytes before the value: jsonb has its version there
}

func newBytes(t arrow.DataType) func(memory.Allocator) column {
	return func(mem memory.Allocator) column { return &bytesColumn{variable: newVariable(mem, t)} }
}

func newJSONB(mem memory.Allocator) column {
	return &bytesColumn{variable: newVariable(mem, arrow.BinaryTypes.String), skip: 1}
}

func (c *bytesColumn) append(src []byte, at []field, stride int) *valueError {
	n := count(at, stride)
	total := c.used
	for i := 0; i < len(at); i += stride {
		total += int(max(at[i].n, 0))
	}
	if total > maxOffset {
		return tooLarge(0)
	}
	ends, out, used := c.ends(n), c.data.room(total), c.used
	for i := range ends {
		f := at[i*stride]
		if f.n < 0 {
			c.null(c.n + i)
		} else if c.skip == 0 {
			used += copy(out[used:], src[f.at:f.at+f.n])
		} else if f.n < int32(c.skip) || src[f.at] != 1 {
			return &valueError{row: i, kind: fault.Unknown, text: "holds jsonb of an unknown version", remedy: "cast it: %s::text"}
		} else {
			used += copy(out[used:], src[f.at+int32(c.skip):f.at+f.n])
		}
		ends[i] = int32(used)
	}
	c.used = used
	c.n += n
	return nil
}

// networks is inet and cidr, written as the server writes them.
type networks struct{ variable }

func newNetworks(mem memory.Allocator) column {
	return &networks{newVariable(mem, arrow.BinaryTypes.String)}
}

// longestNetwork is an IPv6 address with the length of its prefix.
const longestNetwork = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128")

func (c *networks) append(src []byte, at []field, stride int) *valueError {
	n := count(at, stride)
	ends, out := c.ends(n), c.data.room(c.used+n*longestNetwork)
	for i := range ends {
		f := at[i*stride]
		if f.n < 0 {
			c.null(c.n + i)
		} else if written := appendNetwork(out[:c.used], src[f.at:f.at+f.n]); written != nil {
			c.used = len(written)
		} else {
			return wrongLength(i, f)
		}
		ends[i] = int32(c.used)
	}
	c.n += n
	return nil
}

// appendNetwork decodes family, prefix length, whether it is a cidr, the length
// of the address, the address. It returns nil for anything else.
func appendNetwork(dst, b []byte) []byte {
	if len(b) < 4 || len(b) != 4+int(b[3]) {
		return nil
	}
	address, ok := netip.AddrFromSlice(b[4:])
	if !ok {
		return nil
	}
	dst = address.AppendTo(dst)
	if cidr := b[2] != 0; cidr || int(b[1]) != address.BitLen() {
		dst = strconv.AppendUint(append(dst, '/'), uint64(b[1]), 10)
	}
	return dst
}
