package parquet

import (
	"unsafe"

	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

// wordValues is integers and floats of 32 or 64 bits.
type wordValues[T uint32 | uint64] struct {
	store   *storage
	load    func(selection, *[]T) ([]T, error)
	scratch []T
	page    []byte // PLAIN
	extreme wordBounds[T]
	index   indexing
	dict    wordDictionary[T]
}

func (v *wordValues[T]) add(s selection) error {
	values, err := v.load(s, &v.scratch)
	if err != nil {
		return err
	}
	if !v.index.on {
		v.extreme.add(values, v.store.order)
		v.page = append(v.page, asBytes(values)...)
		return nil
	}
	v.index.page = v.dict.index(v.index.page, values)
	if !v.index.probed && len(v.index.page) >= dictionaryProbe {
		v.settle()
	}
	v.index.full = v.held() >= dictionaryBytes
	return nil
}

// settle keeps the dictionary where a value occurs four times on average.
func (v *wordValues[T]) settle() {
	if v.index.probed {
		return
	}
	v.index.probed = true
	if len(v.dict.values)*4 <= len(v.index.page) {
		return
	}
	v.index.on = false
	v.index.useless = len(v.index.page) >= dictionaryProbe
	v.extreme.add(v.dict.values, v.store.order)
	for _, i := range v.index.page {
		v.page = append(v.page, asBytes(v.dict.values[i:i+1])...)
	}
	v.index.page = v.index.page[:0]
	v.dict.reset()
}

func (v *wordValues[T]) size() int {
	if v.index.on {
		return v.index.size(len(v.dict.values))
	}
	return len(v.page)
}

func (v *wordValues[T]) held() int { return len(v.dict.values) * int(unsafe.Sizeof(T(0))) }

func (v *wordValues[T]) encode(dst []byte) ([]byte, meta.Encoding) {
	if v.index.on {
		return v.index.encode(dst, len(v.dict.values))
	}
	dst = append(dst, v.page...)
	v.page = v.page[:0]
	return dst, meta.Plain
}

func (v *wordValues[T]) dictionary(dst []byte) ([]byte, int) {
	if !v.index.kept {
		return dst, 0
	}
	return append(dst, asBytes(v.dict.values)...), len(v.dict.values)
}

func (v *wordValues[T]) bounds() (lo, hi []byte) {
	if v.index.kept {
		v.extreme.add(v.dict.values, v.store.order)
	}
	return v.extreme.get(v.store.order)
}

func (v *wordValues[T]) reset() {
	v.page = v.page[:0]
	v.extreme = wordBounds[T]{}
	v.index.reset()
	if v.index.on {
		v.dict.reset()
	}
}
