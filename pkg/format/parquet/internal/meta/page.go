package meta

import (
	"errors"
	"fmt"
)

// ReadPageHeader parses the header at the beginning of b into h and returns its
// length. The length is zero without an error where b ends within the header:
// a caller that has more bytes tries again with them.
func ReadPageHeader(b []byte, h *PageHeader) (int, error) {
	d := decoder{b: b}
	*h = PageHeader{Type: -1}
	page := false
	var last int16
	for {
		id, typ, ok := d.next(&last)
		if !ok {
			break
		}
		switch {
		case id == 1 && typ == typeI32:
			h.Type = PageType(d.i8())
		case id == 2 && typ == typeI32:
			h.Uncompressed = d.i32()
		case id == 3 && typ == typeI32:
			h.Compressed = d.i32()
		case id == 4 && typ == typeI32:
			h.CRC, h.HasCRC = uint32(d.i32()), true
		case id == 5 && typ == typeStruct:
			page = true
			d.dataPage(h)
		case id == 7 && typ == typeStruct:
			page = true
			d.dictionaryPage(h)
		case id == 8 && typ == typeStruct:
			page = true
			d.dataPageV2(h)
		default:
			d.skip(typ)
		}
	}
	switch {
	case errors.Is(d.err, errShort):
		return 0, nil
	case d.err != nil:
		return 0, fmt.Errorf("page header: %w", d.err)
	case h.Type < 0 || h.Uncompressed < 0 || h.Compressed < 0 || h.Values < 0:
		return 0, fmt.Errorf("page header: %w", errWrong)
	case !page && h.Type != IndexPage:
		return 0, fmt.Errorf("page header: %w", errWrong)
	}
	return d.pos, nil
}

func (d *decoder) dataPage(h *PageHeader) {
	d.enter()
	defer d.leave()
	var last int16
	for {
		id, typ, ok := d.next(&last)
		if !ok {
			return
		}
		switch {
		case id == 1 && typ == typeI32:
			h.Values = d.i32()
		case id == 2 && typ == typeI32:
			h.Encoding = Encoding(d.i8())
		case id == 3 && typ == typeI32:
			h.DefEncoding = Encoding(d.i8())
		case id == 4 && typ == typeI32:
			h.RepEncoding = Encoding(d.i8())
		default:
			d.skip(typ)
		}
	}
}

func (d *decoder) dictionaryPage(h *PageHeader) {
	d.enter()
	defer d.leave()
	var last int16
	for {
		id, typ, ok := d.next(&last)
		if !ok {
			return
		}
		switch {
		case id == 1 && typ == typeI32:
			h.Values = d.i32()
		case id == 2 && typ == typeI32:
			h.Encoding = Encoding(d.i8())
		default:
			d.skip(typ)
		}
	}
}

func (d *decoder) dataPageV2(h *PageHeader) {
	d.enter()
	defer d.leave()
	var last int16
	for {
		id, typ, ok := d.next(&last)
		if !ok {
			return
		}
		switch {
		case id == 1 && typ == typeI32:
			h.Values = d.i32()
		case id == 2 && typ == typeI32:
			h.Nulls = d.i32()
		case id == 3 && typ == typeI32:
			h.Rows = d.i32()
		case id == 4 && typ == typeI32:
			h.Encoding = Encoding(d.i8())
		case id == 5 && typ == typeI32:
			h.DefBytes = d.i32()
		case id == 6 && typ == typeI32:
			h.RepBytes = d.i32()
		case id == 7 && (typ == typeTrue || typ == typeFalse):
			h.Plain = typ == typeFalse
		default:
			d.skip(typ)
		}
	}
}
