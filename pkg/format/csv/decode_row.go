package csv

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format/textvalue"
)

// rows reads rows that begin before the window's Limit, at most maxRows.
func (d *decoder) rows(dst *block.Block, maxRows int) error {
	w := d.w
	for n := 0; n < maxRows && w.Pos < w.Limit && !d.full() && !d.over(); n++ {
		end, lines, how := d.fast(w.Pos)
		if how == placed && (end > w.End || (!w.Valid || end > w.Limit) && !utf8.Valid(w.Buf[w.Pos:end])) {
			how = unplaced // not whole yet, or not UTF-8
		}
		if how == placed && w.TooLong(end-w.Pos) {
			how = unplaced
		}
		switch how {
		case placed:
			d.fillMissing(dst)
			d.row++
			d.filled++
		case blankLine:
			n--
		case unplaced:
			dst.Truncate(d.filled)
			if err := d.slow(dst); err != nil {
				return err
			}
			continue
		}
		d.line += int64(lines)
		w.Pos = end
	}
	return nil
}

// fillMissing gives the columns without a field their null or DEFAULT.
func (d *decoder) fillMissing(dst *block.Block) {
	for _, col := range d.missing {
		dst.Columns[col].AppendDefault()
	}
}

// placement is what the fast way did with a line.
type placement uint8

const (
	placed placement = iota
	unplaced
	blankLine
)

const (
	ones   = 0x0101010101010101
	sevens = 0x7F7F7F7F7F7F7F7F
)

// ends returns a mask with the high bit set in each byte of w that is the
// delimiter or a line feed.
func ends(w, delimiter uint64) uint64 {
	a, b := w^delimiter, w^(ones*'\n')
	return ^(((a&sevens+sevens)|a)&((b&sevens+sevens)|b) | sevens)
}

// fast appends the row at pos field by field. Eight bytes are looked at at once;
// mask holds the field ends among those from base on that are still ahead.
func (d *decoder) fast(pos int) (end, lines int, how placement) {
	if d.refused {
		return 0, 0, unplaced
	}
	buf, quote := d.w.Buf, d.opts.CSV.Quote
	delimiter := ones * uint64(d.opts.CSV.Delimiter)
	targets := d.targets
	base := pos
	mask := ends(binary.LittleEndian.Uint64(buf[base:]), delimiter)
	for i := 0; i < len(targets); i++ {
		var text []byte
		quoted := buf[pos] == quote
		if quoted {
			var ok bool
			if text, base, ok = d.fastQuoted(pos, &lines); !ok {
				return 0, 0, unplaced
			}
			mask = ends(binary.LittleEndian.Uint64(buf[base:]), delimiter)
		}
		for mask == 0 {
			base += 8
			mask = ends(binary.LittleEndian.Uint64(buf[base:]), delimiter)
		}
		at := base + bits.TrailingZeros64(mask)>>3
		mask &= mask - 1
		last := buf[at] == '\n'
		if last != (i == len(targets)-1) {
			if i == 0 && last && !quoted && (at == pos || at == pos+1 && buf[pos] == '\r') {
				return at + 1, 1, blankLine
			}
			return 0, 0, unplaced
		}
		if !quoted {
			text = buf[pos:at]
			if last && at > pos && buf[at-1] == '\r' {
				text = text[:len(text)-1]
			}
		}
		if t := &targets[i]; t.index >= 0 && !d.put(t, text, quoted) {
			return 0, 0, unplaced
		}
		pos = at + 1
	}
	return pos, lines + 1, placed
}

// put appends a field to the columns that read it.
func (d *decoder) put(t *target, text []byte, quoted bool) bool {
	for ; t != nil; t = t.also {
		if !quoted && d.isNull(text) {
			if len(text) == 0 && t.empty {
				t.column.AppendBytes(nil)
				continue
			}
			if !t.nulls {
				return false
			}
			t.column.AppendNull()
			continue
		}
		if t.parse(t.column, text) != textvalue.OK {
			return false
		}
	}
	return true
}

func (d *decoder) isNull(text []byte) bool {
	return len(text) == 0 || len(text) == len(d.opts.CSV.Null) && string(text) == d.opts.CSV.Null
}
