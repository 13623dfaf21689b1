package meta

// AppendFooter appends the footer's Thrift to dst, without its length and magic.
func AppendFooter(dst []byte, f *Footer) []byte {
	e := encoder{b: dst}
	e.i32(1, f.Version)
	e.list(2, typeStruct, len(f.Schema))
	for i := range f.Schema {
		e.element(&f.Schema[i])
	}
	e.i64(3, f.Rows)
	e.list(4, typeStruct, len(f.RowGroups))
	for i := range f.RowGroups {
		e.rowGroup(&f.RowGroups[i], i)
	}
	e.text(6, f.CreatedBy)
	e.columnOrders(f.Schema)
	e.stop()
	return e.b
}

// columnOrders says of every leaf that its statistics obey its type's order.
func (e *encoder) columnOrders(schema []Element) {
	leaves := 0
	for i := range schema {
		if schema[i].Type != Group {
			leaves++
		}
	}
	e.list(7, typeStruct, leaves)
	for range leaves {
		union := e.item()
		e.empty(1)
		e.close(union)
	}
}

func (e *encoder) element(s *Element) {
	outer := e.item()
	if s.Type != Group {
		e.i32(1, int32(s.Type))
	}
	if s.Type == FixedLenByteArray {
		e.i32(2, s.TypeLength)
	}
	if s.Repetition >= 0 {
		e.i32(3, int32(s.Repetition))
	}
	e.text(4, s.Name)
	if s.Type == Group {
		e.i32(5, s.Children)
	}
	if s.Converted != NoConverted {
		e.i32(6, int32(s.Converted))
	}
	if s.Logical.Kind == DecimalKind {
		e.i32(7, s.Logical.Scale)
		e.i32(8, s.Logical.Precision)
	}
	if s.Logical.Kind != NoLogical {
		e.logical(&s.Logical)
	}
	e.close(outer)
}

func (e *encoder) logical(l *Logical) {
	union := e.open(10)
	member := e.open(int16(l.Kind))
	switch l.Kind {
	case DecimalKind:
		e.i32(1, l.Scale)
		e.i32(2, l.Precision)
	case TimeKind, TimestampKind:
		e.bool(1, l.UTC)
		unit := e.open(2)
		e.empty(int16(l.Unit))
		e.close(unit)
	case IntKind:
		e.i8(1, l.BitWidth)
		e.bool(2, l.Signed)
	}
	e.close(member)
	e.close(union)
}

func (e *encoder) rowGroup(g *RowGroup, ordinal int) {
	outer := e.item()
	e.list(1, typeStruct, len(g.Chunks))
	for i := range g.Chunks {
		e.chunk(&g.Chunks[i])
	}
	e.i64(2, g.TotalBytes)
	e.i64(3, g.Rows)
	e.i64(5, g.Offset)
	e.i64(6, g.Compressed)
	if ordinal < 1<<15 { // the field has 16 bits
		e.i16(7, int16(ordinal))
	}
	e.close(outer)
}

func (e *encoder) chunk(c *Chunk) {
	outer := e.item()
	e.i64(2, 0) // file_offset is deprecated: zero says so
	m := e.open(3)
	e.i32(1, int32(c.Type))
	e.list(2, typeI32, len(c.Encodings))
	for _, enc := range c.Encodings {
		e.varint(int64(enc))
	}
	e.list(3, typeBinary, len(c.Path))
	for _, p := range c.Path {
		e.uvarint(uint64(len(p)))
		e.b = append(e.b, p...)
	}
	e.i32(4, int32(c.Codec))
	e.i64(5, c.Values)
	e.i64(6, c.Uncompressed)
	e.i64(7, c.Compressed)
	e.i64(9, c.DataPageOffset)
	if c.DictionaryOffset > 0 {
		e.i64(11, c.DictionaryOffset)
	}
	e.statistics(&c.Statistics)
	e.list(13, typeStruct, len(c.EncodingStats))
	for _, s := range c.EncodingStats {
		item := e.item()
		e.i32(1, int32(s.Page))
		e.i32(2, int32(s.Encoding))
		e.i32(3, s.Count)
		e.close(item)
	}
	e.close(m)
	e.close(outer)
}

func (e *encoder) statistics(s *Statistics) {
	outer := e.open(12)
	if s.Nulls >= 0 {
		e.i64(3, s.Nulls)
	}
	if s.Min != nil && s.Max != nil {
		e.bytes(5, s.Max)
		e.bytes(6, s.Min)
		e.bool(7, true) // is_max_value_exact
		e.bool(8, true) // is_min_value_exact
	}
	e.close(outer)
}

// AppendPageHeader appends the header of a data page of version 1 or of a
// dictionary page to dst.
func AppendPageHeader(dst []byte, h *PageHeader) []byte {
	e := encoder{b: dst}
	e.i32(1, int32(h.Type))
	e.i32(2, h.Uncompressed)
	e.i32(3, h.Compressed)
	if h.HasCRC {
		e.i32(4, int32(h.CRC))
	}
	if h.Type == DictionaryPage {
		page := e.open(7)
		e.i32(1, h.Values)
		e.i32(2, int32(h.Encoding))
		e.close(page)
	} else {
		page := e.open(5)
		e.i32(1, h.Values)
		e.i32(2, int32(h.Encoding))
		e.i32(3, int32(RLE))
		e.i32(4, int32(RLE))
		e.close(page)
	}
	e.stop()
	return e.b
}
