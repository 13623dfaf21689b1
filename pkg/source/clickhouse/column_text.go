package clickhouse

import (
	"encoding/binary"
	"math"
	"net/netip"
	"slices"
	"unicode/utf8"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/fault"
)

// errNotText is a value that can't be text. The reader adds the column.
var errNotText = fault.New(fault.Invalid, "holds bytes that aren't UTF-8")

// stringColumn is String: each value with its length before it.
type stringColumn struct {
	stateless
	last int // bytes of the last block's values, a guess for the next
}

func (c *stringColumn) decode(r *proto.Reader, n int) (arrow.ArrayData, error) {
	offsets := make([]byte, 4, 4*(min(n, readAhead)+1))
	data := make([]byte, 0, c.last+c.last/8)
	for range n {
		var err error
		if data, err = appendString(r, data); err != nil {
			return nil, err
		}
		if len(data) > math.MaxInt32 {
			return nil, errTooLarge
		}
		offsets = binary.LittleEndian.AppendUint32(offsets, uint32(len(data)))
	}
	c.last = len(data)
	return newData(utf8Type, n, offsets, data), checkText(offsets, data)
}

// appendString reads a string, whose length is not believed before its bytes
// are there.
func appendString(r *proto.Reader, dst []byte) ([]byte, error) {
	n, err := r.StrLen()
	if err != nil {
		return nil, err
	}
	if n > maxValues {
		return nil, errTooLarge
	}
	for n > 0 {
		step := min(n, readAhead)
		dst = slices.Grow(dst, step)[:len(dst)+step]
		if err := r.ReadFull(dst[len(dst)-step:]); err != nil {
			return nil, err
		}
		n -= step
	}
	return dst, nil
}

// checkText checks all values at once, and one by one only where a value could
// end in the middle of a character.
func checkText(offsets, data []byte) error {
	if !utf8.Valid(data) {
		return errNotText
	}
	for i := 4; i < len(offsets); i += 4 {
		if end := int(binary.LittleEndian.Uint32(offsets[i:])); end < len(data) && !utf8.RuneStart(data[end]) {
			return errNotText
		}
	}
	return nil
}

// texts is values of one width that become text.
type texts struct {
	stateless
	width int
	// write appends the text of one value; nil is an error.
	write func(dst, src []byte) []byte
}

func (c *texts) decode(r *proto.Reader, n int) (arrow.ArrayData, error) {
	src, err := readBytes(r, n, c.width)
	if err != nil {
		return nil, err
	}
	offsets, data := make([]byte, 4*(n+1)), make([]byte, 0, n*c.width)
	for i := range n {
		if data = c.write(data, src[i*c.width:(i+1)*c.width]); data == nil {
			return nil, fault.New(fault.Unknown, "holds a number that its Enum doesn't have")
		}
		if len(data) > math.MaxInt32 {
			return nil, errTooLarge
		}
		binary.LittleEndian.PutUint32(offsets[4*(i+1):], uint32(len(data)))
	}
	return newData(utf8Type, n, offsets, data), checkText(offsets, data)
}

// writeFixedString leaves the zero bytes at the end away: they fill it up.
func writeFixedString(dst, src []byte) []byte {
	for len(src) > 0 && src[len(src)-1] == 0 {
		src = src[:len(src)-1]
	}
	return append(dst, src...)
}

func writeIPv4(dst, src []byte) []byte {
	return netip.AddrFrom4([4]byte{src[3], src[2], src[1], src[0]}).AppendTo(dst)
}

func writeIPv6(dst, src []byte) []byte { return netip.AddrFrom16([16]byte(src)).AppendTo(dst) }

func writeLabel(labels map[int16]string) func(dst, src []byte) []byte {
	return func(dst, src []byte) []byte {
		number := int16(int8(src[0]))
		if len(src) == 2 {
			number = int16(binary.LittleEndian.Uint16(src))
		}
		label, ok := labels[number]
		if !ok && number != 0 { // under a null lies zero, whatever the labels
			return nil
		}
		return append(dst, label...)
	}
}
