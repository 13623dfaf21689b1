package clickhouse

import (
	"errors"
	"fmt"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/longshore/longshore/pkg/fault"
)

// blockResult decodes blocks into arrays.
type blockResult struct {
	// schema is what the arrays must be; nil accepts what comes.
	schema  *arrow.Schema
	types   []string // of the last block
	columns []column // for types
	arrays  []arrow.Array
	rows    int64 // decoded before this block
}

var _ proto.Result = (*blockResult)(nil)

// take hands over the arrays of the last block, none when it had no rows.
func (b *blockResult) take() []arrow.Array {
	out := b.arrays
	b.arrays = nil
	return out
}

// DecodeResult implements proto.Result.
func (b *blockResult) DecodeResult(r *proto.Reader, version int, block proto.Block) error {
	if b.types == nil {
		b.types, b.columns = make([]string, block.Columns), make([]column, block.Columns)
	}
	if block.Columns != len(b.types) || b.schema != nil && block.Columns != b.schema.NumFields() {
		return fault.New(fault.Unknown, "a block has %d columns, not %d", block.Columns, len(b.types))
	}
	var arrays []arrow.Array
	for i := range block.Columns {
		name, err := b.header(r, version, i)
		if err != nil {
			return err
		}
		if block.Rows == 0 {
			continue
		}
		data, err := decodeColumn(r, b.columns[i], block.Rows)
		if err != nil {
			return b.valueFailure(name, block.Rows, err)
		}
		arrays = append(arrays, array.MakeFromData(data))
	}
	b.arrays = arrays
	b.rows += int64(block.Rows)
	return nil
}

func decodeColumn(r *proto.Reader, c column, rows int) (arrow.ArrayData, error) {
	if err := c.state(r); err != nil {
		return nil, err
	}
	return c.decode(r, rows)
}

// header reads name and type of a column and makes its decoder.
func (b *blockResult) header(r *proto.Reader, version, i int) (string, error) {
	header, err := appendString(r, nil)
	if err != nil {
		return "", err
	}
	nameEnd := len(header)
	if header, err = appendString(r, header); err != nil {
		return "", err
	}
	name, typeName := string(header[:nameEnd]), string(header[nameEnd:])
	if proto.FeatureCustomSerialization.In(version) {
		if custom, err := r.Bool(); err != nil || custom {
			return "", errors.Join(err, fault.New(fault.Unknown, "column %q is in an unknown layout", name))
		}
	}
	if b.columns[i] != nil && typeName == b.types[i] {
		return name, nil
	}
	s := decoded(parseType(typeName))
	if s.column == nil || b.schema != nil && !arrow.TypeEqual(s.arrow, b.schema.Field(i).Type) {
		return "", fault.New(fault.Unknown, "column %q came as %s, which isn't what was described", name, typeName)
	}
	b.types[i], b.columns[i] = typeName, s.column
	return name, nil
}

// valueFailure names the column of a value that can't be read.
func (b *blockResult) valueFailure(name string, rows int, err error) error {
	var known *fault.Error
	switch {
	case !errors.As(err, &known):
		return fmt.Errorf("column %q, after row %d: %w", name, b.rows, err)
	case !errors.Is(err, errNotText):
		return fault.New(fault.KindOf(err), "column %q, after row %d: %w", name, b.rows, err)
	}
	return fault.WithRemedy(
		fmt.Errorf("column %q, in rows %d to %d, %w", name, b.rows+1, b.rows+int64(rows), err),
		"select hex(%s) or base64Encode(%[1]s)", quoteName(name))
}
