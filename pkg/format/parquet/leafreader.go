package parquet

import (
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
	"github.com/longshore/longshore/pkg/format/parquet/internal/rle"
)

// maxEntries is how many elements of lists are held at once, at most: a few bytes
// of a file can stand for any number of nulls.
const maxEntries = 1 << 24

const stretchEntries = 1 << 20

// leafReader decodes one column chunk of a row group after the other, a stretch
// of rows at a time, and holds no more than a page of it.
type leafReader struct {
	leaf   *node
	file   *opened
	pages  pageReader
	values valueReader
	entries

	perRow    int64 // entries of a row, on average
	chunkLeft int64 // entries of the chunk that no page opened so far has
	pageLeft  int   // entries of the open page that aren't read
	defs      rle.Decoder
	reps      rle.Decoder
	rowBytes  int // of the open page, on average

	// Where a shape stands: the next entry, the next value that is present, and
	// both at the beginning of the row.
	at, valueAt, rowAt, rowValue int

	// Of a repeated leaf, the first entry of the next row was read already if
	// held is set: that is how the end of a row is seen.
	held bool
}

func newLeafReader(file *opened, unpack *unpacker, leaf *node) *leafReader {
	return &leafReader{
		leaf: leaf, file: file, values: newValueReader(leaf),
		pages: pageReader{file: file, unpack: unpack},
	}
}

// open begins to read a row group, of which it reads so many bytes at once.
func (r *leafReader) open(g *meta.RowGroup, window int64) {
	c := &g.Chunks[r.leaf.leaf]
	r.pages.reset(c, window)
	r.values.dict.n = 0
	r.chunkLeft, r.pageLeft, r.held = c.Values, 0, false
	r.perRow = c.Values / max(1, g.Rows)
}

// pass moves past an entry.
func (r *leafReader) pass() {
	if r.at >= r.n {
		return
	}
	if r.leaf.def == 0 || r.def[r.at] == r.leaf.def {
		r.valueAt++
	}
	r.at++
}

// rowSizes adds the bytes of each row's byte strings to sums.
func (r *leafReader) rowSizes(sums []int) {
	row, value := -1, 0
	for i := range r.n {
		if r.leaf.rep == 0 || r.rep[i] == 0 {
			row++
		}
		if r.leaf.def > 0 && r.def[i] < r.leaf.def {
			continue
		}
		if value < len(r.spans) && row < len(sums) {
			sums[row] += r.spans[value].End - r.spans[value].Start
		}
		value++
	}
}

// failed adds the column's name to what is wrong with its bytes.
func (r *leafReader) failed(err error) error {
	return r.file.damaged("column %s: %w", r.leaf.dotted(), err)
}

// page opens pages until one has entries.
func (r *leafReader) page() error {
	for r.pageLeft == 0 {
		if r.chunkLeft == 0 {
			return r.failed(errValues)
		}
		var h meta.PageHeader
		body, err := r.pages.next(&h)
		if err != nil {
			return err
		}
		switch h.Type {
		case meta.DictionaryPage:
			err = r.dictionaryPage(&h, body)
		case meta.DataPage, meta.DataPageV2:
			err = r.dataPage(&h, body)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *leafReader) dictionaryPage(h *meta.PageHeader, body []byte) error {
	page, err := r.pages.decompress(body, int(h.Uncompressed))
	if err != nil {
		return err
	}
	if h.Encoding != meta.Plain && h.Encoding != meta.PlainDictionary {
		return r.failed(errValues)
	}
	if err := r.values.setDictionary(page, int(h.Values)); err != nil {
		return r.failed(err)
	}
	return nil
}

func (r *leafReader) dataPage(h *meta.PageHeader, body []byte) error {
	if int64(h.Values) > r.chunkLeft {
		return r.failed(errValues)
	}
	var values []byte
	var err error
	if h.Type == meta.DataPageV2 {
		values, err = r.levelsV2(h, body)
	} else {
		values, err = r.levels(h, body)
	}
	if err != nil {
		return err
	}
	if err := r.values.begin(h.Encoding, values, int(h.Values)); err != nil {
		return r.failed(err)
	}
	r.chunkLeft -= int64(h.Values)
	r.pageLeft = int(h.Values)
	if h.Values > 0 {
		r.rowBytes = int(h.Uncompressed)/int(h.Values) + 1
	}
	if r.values.encoding == meta.RLEDictionary && r.values.dict.n > 0 {
		r.rowBytes = len(r.values.dict.data)/r.values.dict.n + 1
	}
	return nil
}

// levels sets the readers of levels of a version 1 page and returns its values.
func (r *leafReader) levels(h *meta.PageHeader, body []byte) ([]byte, error) {
	page, err := r.pages.decompress(body, int(h.Uncompressed))
	if err != nil {
		return nil, err
	}
	for _, l := range []struct {
		highest  uint8
		encoding meta.Encoding
		runs     *rle.Decoder
	}{{r.leaf.rep, h.RepEncoding, &r.reps}, {r.leaf.def, h.DefEncoding, &r.defs}} {
		if l.highest == 0 {
			continue
		}
		if l.encoding != meta.RLE {
			return nil, r.file.damaged("column %s: encoding %d of levels isn't supported", r.leaf.dotted(), l.encoding)
		}
		runs, rest, err := cutLevels(page)
		if err != nil {
			return nil, r.failed(err)
		}
		if err := l.runs.Reset(runs, rle.Width(int(l.highest)+1)); err != nil {
			return nil, r.failed(err)
		}
		page = rest
	}
	return page, nil
}

// levelsV2 does so for version 2, where levels aren't compressed.
func (r *leafReader) levelsV2(h *meta.PageHeader, body []byte) ([]byte, error) {
	reps, defs := int(h.RepBytes), int(h.DefBytes)
	if reps < 0 || defs < 0 || reps > len(body) || defs > len(body)-reps || reps+defs > int(h.Uncompressed) {
		return nil, r.failed(errValues)
	}
	if err := r.reps.Reset(body[:reps], rle.Width(int(r.leaf.rep)+1)); err != nil {
		return nil, r.failed(err)
	}
	if err := r.defs.Reset(body[reps:reps+defs], rle.Width(int(r.leaf.def)+1)); err != nil {
		return nil, r.failed(err)
	}
	values := body[reps+defs:]
	size := int(h.Uncompressed) - reps - defs
	if h.Plain || size == 0 && len(values) == 0 {
		return values, nil
	}
	return r.pages.decompress(values, size)
}

// stretch returns how many rows can be read at once: those left in the page, as
// byte strings aren't copied out of it. A repeated leaf copies them, and is read
// in pieces of about stretchEntries.
func (r *leafReader) stretch() (int, error) {
	if r.leaf.rep > 0 {
		return 1 + int(stretchEntries/max(1, r.perRow)), nil
	}
	err := r.page()
	return r.pageLeft, err
}

// load reads the next rows, which replace those read before.
func (r *leafReader) load(rows int) error {
	r.reset()
	r.at, r.valueAt = 0, 0
	if r.leaf.rep > 0 {
		return r.loadRepeated(rows)
	}
	for rows > 0 {
		if err := r.page(); err != nil {
			return err
		}
		n := min(rows, r.pageLeft)
		if n < rows && !r.values.owned {
			return r.failed(errValues)
		}
		r.pageLeft -= n
		r.n += n
		rows -= n
		if err := r.take(n); err != nil {
			return err
		}
	}
	return nil
}

// take reads n entries of the open page, but for their repetition levels.
func (r *leafReader) take(n int) error {
	present := n
	if highest := r.leaf.def; highest > 0 {
		var err error
		if present, err = r.takeLevels(n, highest); err != nil {
			return r.failed(err)
		}
	}
	r.present += present
	if err := r.values.read(&r.entries, present); err != nil {
		return r.failed(err)
	}
	return nil
}

// takeLevels reads n definition levels and returns how many values there are.
func (r *leafReader) takeLevels(n int, highest uint8) (present int, err error) {
	r.def = grow(r.def, n)
	def := r.def[len(r.def)-n:]
	if err := rle.Read(&r.defs, def); err != nil {
		return 0, err
	}
	for _, d := range def {
		if d == highest {
			present++
		} else if d > highest {
			return 0, errValues
		}
	}
	return present, nil
}

// loadRepeated reads entries until so many rows are whole. A row ends where the
// next begins, at repetition level 0, or where the chunk ends.
func (r *leafReader) loadRepeated(rows int) error {
	for {
		if r.pageLeft == 0 {
			if r.chunkLeft == 0 {
				if rows != 0 {
					return r.failed(errValues)
				}
				return nil
			}
			if err := r.page(); err != nil {
				return err
			}
		}
		done, err := r.takeRows(&rows)
		if done || err != nil {
			return err
		}
	}
}

// takeRows reads a few entries of the open page.
func (r *leafReader) takeRows(rows *int) (done bool, err error) {
	var reps [64]uint8
	n := 0
	for n < len(reps) && r.pageLeft > 0 {
		if r.held { // the first entry of a row whose level was looked at before
			reps[n] = 0
			r.held = false
		} else if err := rle.Read(&r.reps, reps[n:n+1]); err != nil {
			return false, r.failed(err)
		}
		if reps[n] > r.leaf.rep || reps[n] > 0 && r.n+n == 0 {
			return false, r.failed(errValues)
		}
		if reps[n] == 0 {
			if *rows == 0 {
				r.held, done = true, true
				break
			}
			*rows--
		}
		r.pageLeft--
		n++
	}
	r.rep = append(r.rep, reps[:n]...)
	if r.n += n; r.n > maxEntries {
		return false, r.file.damaged("column %s: lists of more than %d elements", r.leaf.dotted(), maxEntries)
	}
	return done, r.take(n)
}
