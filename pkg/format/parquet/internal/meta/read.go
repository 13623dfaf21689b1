package meta

import "fmt"

// ReadFooter parses a footer's Thrift. Its byte slices are slices of b.
func ReadFooter(b []byte) (*Footer, error) {
	d := decoder{b: b}
	f := &Footer{}
	seen := 0
	var last int16
	for {
		id, typ, ok := d.next(&last)
		if !ok {
			break
		}
		switch {
		case id == 1 && typ == typeI32:
			f.Version = d.i32()
		case id == 2 && typ == typeList:
			seen |= 1
			for range d.listOf(typeStruct) {
				if e := d.element(); d.err == nil {
					f.Schema = append(f.Schema, e)
				}
			}
		case id == 3 && typ == typeI64:
			f.Rows = d.i64()
		case id == 4 && typ == typeList:
			seen |= 2
			for range d.listOf(typeStruct) {
				if g := d.rowGroup(); d.err == nil {
					f.RowGroups = append(f.RowGroups, g)
				}
			}
		case id == 6 && typ == typeBinary:
			f.CreatedBy = d.text()
		default:
			d.skip(typ)
		}
	}
	if d.err == nil && seen != 3 {
		d.err = errWrong
	}
	if d.err != nil {
		return nil, fmt.Errorf("footer: %w", d.err)
	}
	return f, nil
}

func (d *decoder) element() Element {
	d.enter()
	defer d.leave()
	e := Element{Type: Group, Converted: NoConverted}
	named := false
	var last int16
	for {
		id, typ, ok := d.next(&last)
		if !ok {
			break
		}
		switch {
		case id == 1 && typ == typeI32:
			if e.Type = Type(d.i8()); e.Type < Boolean || e.Type > FixedLenByteArray {
				d.fail(errWrong)
			}
		case id == 2 && typ == typeI32:
			e.TypeLength = d.i32()
		case id == 3 && typ == typeI32:
			if e.Repetition = Repetition(d.i8()); e.Repetition < Required || e.Repetition > Repeated {
				d.fail(errWrong)
			}
		case id == 4 && typ == typeBinary:
			e.Name, named = d.text(), true
		case id == 5 && typ == typeI32:
			e.Children = d.i32()
		case id == 6 && typ == typeI32:
			e.Converted = Converted(d.i8())
		case id == 7 && typ == typeI32:
			e.Scale = d.i32()
		case id == 8 && typ == typeI32:
			e.Precision = d.i32()
		case id == 10 && typ == typeStruct:
			e.Logical = d.logical()
		default:
			d.skip(typ)
		}
	}
	if !named {
		d.fail(errWrong)
	}
	return e
}

// logical reads the union. A member that we don't know is NoLogical.
func (d *decoder) logical() Logical {
	d.enter()
	defer d.leave()
	var l Logical
	var last int16
	for {
		id, typ, ok := d.next(&last)
		if !ok {
			return l
		}
		if typ != typeStruct || id <= 0 || id > int16(Float16Kind) {
			d.skip(typ)
			continue
		}
		l = d.member(Kind(id))
	}
}

func (d *decoder) member(kind Kind) Logical {
	d.enter()
	defer d.leave()
	l := Logical{Kind: kind}
	var last int16
	for {
		id, typ, ok := d.next(&last)
		if !ok {
			return l
		}
		isBool := typ == typeTrue || typ == typeFalse
		switch {
		case kind == DecimalKind && id == 1 && typ == typeI32:
			l.Scale = d.i32()
		case kind == DecimalKind && id == 2 && typ == typeI32:
			l.Precision = d.i32()
		case (kind == TimeKind || kind == TimestampKind) && id == 1 && isBool:
			l.UTC = typ == typeTrue
		case (kind == TimeKind || kind == TimestampKind) && id == 2 && typ == typeStruct:
			l.Unit = d.unit()
		case kind == IntKind && id == 1 && typ == typeI8:
			l.BitWidth = int8(d.byte())
		case kind == IntKind && id == 2 && isBool:
			l.Signed = typ == typeTrue
		default:
			d.skip(typ)
		}
	}
}

func (d *decoder) unit() Unit {
	d.enter()
	defer d.leave()
	var u Unit
	var last int16
	for {
		id, typ, ok := d.next(&last)
		if !ok {
			return u
		}
		if id >= int16(Millis) && id <= int16(Nanos) {
			u = Unit(id)
		}
		d.skip(typ)
	}
}

func (d *decoder) rowGroup() RowGroup {
	d.enter()
	defer d.leave()
	var g RowGroup
	var last int16
	for {
		id, typ, ok := d.next(&last)
		if !ok {
			return g
		}
		switch {
		case id == 1 && typ == typeList:
			for range d.listOf(typeStruct) {
				if c := d.chunk(); d.err == nil {
					g.Chunks = append(g.Chunks, c)
				}
			}
		case id == 2 && typ == typeI64:
			g.TotalBytes = d.i64()
		case id == 3 && typ == typeI64:
			g.Rows = d.i64()
		case id == 5 && typ == typeI64:
			g.Offset = d.i64()
		case id == 6 && typ == typeI64:
			g.Compressed = d.i64()
		default:
			d.skip(typ)
		}
	}
}

func (d *decoder) chunk() Chunk {
	d.enter()
	defer d.leave()
	var c Chunk
	c.Type = Group
	var last int16
	for {
		id, typ, ok := d.next(&last)
		if !ok {
			break
		}
		switch {
		case id == 1 && typ == typeBinary:
			c.FilePath = d.text()
		case id == 3 && typ == typeStruct:
			d.columnMeta(&c)
		case id == 8 && typ == typeStruct:
			c.Encrypted = true
			d.skip(typ)
		default:
			d.skip(typ)
		}
	}
	if c.Type == Group && !c.Encrypted {
		d.fail(errWrong)
	}
	return c
}

func (d *decoder) columnMeta(c *Chunk) {
	d.enter()
	defer d.leave()
	c.Statistics.Nulls = -1
	var last int16
	for {
		id, typ, ok := d.next(&last)
		if !ok {
			return
		}
		switch {
		case id == 1 && typ == typeI32:
			c.Type = Type(d.i8())
		case id == 2 && typ == typeList:
			for range d.listOf(typeI32) {
				c.Encodings = append(c.Encodings, Encoding(d.i8()))
			}
		case id == 3 && typ == typeList:
			for range d.listOf(typeBinary) {
				c.Path = append(c.Path, d.text())
			}
		case id == 4 && typ == typeI32:
			c.Codec = Codec(d.i8())
		case id == 5 && typ == typeI64:
			c.Values = d.i64()
		case id == 6 && typ == typeI64:
			c.Uncompressed = d.i64()
		case id == 7 && typ == typeI64:
			c.Compressed = d.i64()
		case id == 9 && typ == typeI64:
			c.DataPageOffset = d.i64()
		case id == 11 && typ == typeI64:
			c.DictionaryOffset = d.i64()
		case id == 12 && typ == typeStruct:
			d.statistics(&c.Statistics)
		case id == 13 && typ == typeList:
			for range d.listOf(typeStruct) {
				c.EncodingStats = append(c.EncodingStats, d.encodingStat())
			}
		default:
			d.skip(typ)
		}
	}
}

func (d *decoder) statistics(s *Statistics) {
	d.enter()
	defer d.leave()
	var last int16
	for {
		id, typ, ok := d.next(&last)
		if !ok {
			return
		}
		switch {
		case id == 3 && typ == typeI64:
			s.Nulls = d.i64()
		case id == 5 && typ == typeBinary:
			s.Max = d.bytes()
		case id == 6 && typ == typeBinary:
			s.Min = d.bytes()
		default:
			d.skip(typ)
		}
	}
}

func (d *decoder) encodingStat() EncodingStat {
	d.enter()
	defer d.leave()
	var s EncodingStat
	var last int16
	for {
		id, typ, ok := d.next(&last)
		if !ok {
			return s
		}
		switch {
		case id == 1 && typ == typeI32:
			s.Page = PageType(d.i8())
		case id == 2 && typ == typeI32:
			s.Encoding = Encoding(d.i8())
		case id == 3 && typ == typeI32:
			s.Count = d.i32()
		default:
			d.skip(typ)
		}
	}
}
