package mapping

import (
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/format/text"
)

// rowKey names rows in errors.
type rowKey struct {
	names   []string
	columns []int // of the result
	texts   []*text.Column
}

// newRowKey leaves out what the result doesn't have: a key that only tells rows
// apart in errors is no reason to refuse a run.
func newRowKey(result *arrow.Schema, names []string) *rowKey {
	k := &rowKey{}
	for _, name := range names {
		found := result.FieldIndices(name)
		if len(found) == 0 {
			continue
		}
		col, err := text.NewPlain(result.Field(found[0]))
		if err != nil {
			continue
		}
		k.names, k.columns, k.texts = append(k.names, name), append(k.columns, found[0]), append(k.texts, col)
	}
	return k
}

// of returns "id=7", or, without a key, the place of the row in its batch.
func (k *rowKey) of(rec arrow.Record, row int) string {
	if len(k.names) == 0 {
		return "number " + strconv.Itoa(row+1) + " of its batch (the model has no primary_key)"
	}
	out := make([]string, len(k.names))
	for i, col := range k.texts {
		value := "null"
		if col.Bind(rec.Column(k.columns[i])); !col.IsNull(row) {
			value = string(col.Append(nil, row))
		}
		out[i] = k.names[i] + "=" + value
	}
	return strings.Join(out, ", ")
}
