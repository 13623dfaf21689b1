package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
)

const highs = 0x8080808080808080

// quotesIn returns a mask whose lowest bit is in the first byte of w that is the
// quote; 0 if there is none.
func quotesIn(w, quote uint64) uint64 {
	x := w ^ quote
	return (x - ones) &^ x & highs
}

// fastQuoted returns the content of the quoted field at pos, and where it ends:
// on a delimiter or line feed. It adds the line feeds inside to lines.
func (d *decoder) fastQuoted(pos int, lines *int) (text []byte, end int, ok bool) {
	if d.opts.CSV.Escape != 0 && d.opts.CSV.Escape != d.opts.CSV.Quote {
		return nil, 0, false
	}
	buf, quote := d.w.Buf, ones*uint64(d.opts.CSV.Quote)
	start := pos + 1
	at := start
	for {
		m := quotesIn(binary.LittleEndian.Uint64(buf[at:]), quote)
		if m != 0 {
			at += bits.TrailingZeros64(m) >> 3
			break
		}
		if at += 8; at >= d.w.End {
			return nil, 0, false
		}
	}
	text = buf[start:at]
	if buf[at+1] == d.opts.CSV.Quote {
		if text, at, ok = d.undouble(text, at); !ok {
			return nil, 0, false
		}
	}
	if at >= d.w.End {
		return nil, 0, false
	}
	if bytes.IndexByte(text, '\n') >= 0 {
		*lines += bytes.Count(text, []byte{'\n'})
	}
	end = at + 1
	if buf[end] == '\r' && buf[end+1] == '\n' {
		end++
	}
	return text, end, buf[end] == d.opts.CSV.Delimiter || buf[end] == '\n'
}

// undouble makes a text whose doubled quotes are single, given what is before
// the first of them and where that is. It returns where the closing quote is.
func (d *decoder) undouble(head []byte, at int) (text []byte, end int, ok bool) {
	buf, quote := d.w.Buf, ones*uint64(d.opts.CSV.Quote)
	out := append(d.scratch[:0], head...)
	n := len(out)
	out = out[:cap(out)]
	for at < d.w.End {
		if len(out)-n < 16 {
			out = slices.Grow(out[:n], 2*n+64)
			out = out[:cap(out)]
		}
		w := binary.LittleEndian.Uint64(buf[at:])
		binary.LittleEndian.PutUint64(out[n:], w)
		m := quotesIn(w, quote)
		if m == 0 {
			at, n = at+8, n+8
			continue
		}
		k := bits.TrailingZeros64(m) >> 3
		at, n = at+k, n+k
		if buf[at+1] != d.opts.CSV.Quote {
			d.scratch = out
			return out[:n], at, true
		}
		at, n = at+2, n+1
	}
	d.scratch = out
	return nil, 0, false
}
