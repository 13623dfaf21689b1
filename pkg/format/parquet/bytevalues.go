package parquet

import "github.com/longshore/longshore/pkg/format/parquet/internal/meta"

// byteValues is byte strings, of any length or all of one.
type byteValues struct {
	store   *storage
	scratch []span
	buf     []byte // values that had to be converted
	page    []byte // PLAIN
	extreme byteBounds
	index   indexing
	dict    byteDictionary
}

func (v *byteValues) fixed() bool { return v.store.physical == meta.FixedLenByteArray }

func (v *byteValues) add(s selection) error {
	data, spans, err := v.store.spans(s, &v.scratch, &v.buf)
	if err != nil {
		return err
	}
	if !v.index.on {
		fixed := v.fixed()
		for _, at := range spans {
			b := data[at.Start:at.End]
			v.extreme.add(b, v.store.order)
			v.page = appendPlain(v.page, b, fixed)
		}
		return nil
	}
	v.index.page = v.dict.index(v.index.page, data, spans)
	if !v.index.probed && (len(v.index.page) >= dictionaryProbe || len(v.dict.data) >= dictionaryBytes) {
		v.settle()
	}
	v.index.full = v.held() >= dictionaryBytes
	return nil
}

// settle keeps the dictionary where three values in ten are repetitions.
func (v *byteValues) settle() {
	if v.index.probed {
		return
	}
	v.index.probed = true
	if len(v.dict.ends)*10 <= len(v.index.page)*7 {
		return
	}
	v.index.on = false
	v.index.useless = len(v.index.page) >= dictionaryProbe/16
	v.dictionaryBounds()
	fixed := v.fixed()
	for _, i := range v.index.page {
		v.page = appendPlain(v.page, v.dict.value(int(i)), fixed)
	}
	v.index.page = v.index.page[:0]
	v.dict.reset()
}

func (v *byteValues) dictionaryBounds() {
	for i := range v.dict.ends {
		v.extreme.add(v.dict.value(i), v.store.order)
	}
}

func (v *byteValues) size() int {
	if v.index.on {
		return v.index.size(len(v.dict.ends))
	}
	return len(v.page)
}

func (v *byteValues) held() int { return len(v.dict.data) + 4*len(v.dict.ends) }

func (v *byteValues) encode(dst []byte) ([]byte, meta.Encoding) {
	if v.index.on {
		return v.index.encode(dst, len(v.dict.ends))
	}
	dst = append(dst, v.page...)
	v.page = v.page[:0]
	return dst, meta.Plain
}

func (v *byteValues) dictionary(dst []byte) ([]byte, int) {
	if !v.index.kept {
		return dst, 0
	}
	fixed := v.fixed()
	for i := range v.dict.ends {
		dst = appendPlain(dst, v.dict.value(i), fixed)
	}
	return dst, len(v.dict.ends)
}

func (v *byteValues) bounds() (lo, hi []byte) {
	if v.index.kept {
		v.dictionaryBounds()
	}
	return v.extreme.get()
}

func (v *byteValues) reset() {
	v.page = v.page[:0]
	v.extreme.known = false
	v.index.reset()
	if v.index.on {
		v.dict.reset()
	}
}
