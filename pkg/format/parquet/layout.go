package parquet

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

// layout is how an Arrow schema stands in a Parquet file.
type layout struct {
	schema   *arrow.Schema
	elements []meta.Element // depth first, the root included
	leaves   []leaf
}

// leaf is a column of the file that holds values.
type leaf struct {
	column int      // of the Arrow schema
	path   []string // from the top down
	steps  []step   // from the Arrow column down to the values
	maxDef uint8
	maxRep uint8
	store  storage
}

// nested reports whether levels don't follow from the values' nulls alone.
func (l *leaf) nested() bool { return len(l.steps) > 1 }

// step is a level of nesting of Arrow arrays, and how to get to the one below.
type step struct {
	kind     stepKind
	nullable bool
	child    int   // stepStruct: which field
	rep      uint8 // stepList: repetition level of all elements but the first
}

type stepKind uint8

const (
	stepLeaf stepKind = iota
	stepStruct
	stepList
)

// layoutOf lays out a schema. The error is Invalid where Parquet, or we, can't
// hold a type.
func layoutOf(schema *arrow.Schema) (*layout, error) {
	l := &layout{schema: schema}
	l.elements = append(l.elements, meta.Element{
		Name: "schema", Type: meta.Group, Repetition: -1, Children: int32(schema.NumFields()), Converted: meta.NoConverted,
	})
	names := make(map[string]bool, schema.NumFields())
	for i, f := range schema.Fields() {
		if names[f.Name] {
			return nil, fault.New(fault.Invalid, "parquet: two columns are called %q", f.Name)
		}
		names[f.Name] = true
		at := leaf{column: i}
		if err := l.place(f, at); err != nil {
			return nil, fault.New(fault.Invalid, "parquet: column %q: %w", f.Name, err)
		}
	}
	if len(l.leaves) == 0 {
		return nil, fault.New(fault.Invalid, "parquet: a file needs a column")
	}
	return l, nil
}

// place adds field and what is inside it, at the given place.
func (l *layout) place(field arrow.Field, at leaf) error {
	at.path = append(at.path[:len(at.path):len(at.path)], field.Name)
	e := meta.Element{Name: field.Name, Type: meta.Group, Converted: meta.NoConverted}
	nullable := field.Nullable || field.Type.ID() == arrow.NULL
	if nullable {
		e.Repetition = meta.Optional
		at.maxDef++
	}
	switch t := field.Type.(type) {
	case *arrow.StructType:
		return l.placeStruct(t, e, at, nullable)
	case *arrow.MapType:
		return l.placeMap(t, e, at, nullable)
	case arrow.ListLikeType:
		return l.placeList(t, e, at, nullable)
	}
	store, err := storageOf(field.Type, batch.LogicalOf(field), &e)
	if err != nil {
		return err
	}
	at.store = store
	at.steps = append(at.steps[:len(at.steps):len(at.steps)], step{kind: stepLeaf, nullable: nullable})
	l.elements = append(l.elements, e)
	l.leaves = append(l.leaves, at)
	return nil
}

func (l *layout) placeStruct(t *arrow.StructType, e meta.Element, at leaf, nullable bool) error {
	if len(t.Fields()) == 0 {
		return fmt.Errorf("a struct without fields can't be written")
	}
	e.Children = int32(len(t.Fields()))
	l.elements = append(l.elements, e)
	for i, f := range t.Fields() {
		if err := l.place(f, at.down(step{kind: stepStruct, nullable: nullable, child: i})); err != nil {
			return err
		}
	}
	return nil
}

// placeList adds the three levels of a list: group, repeated list, element.
func (l *layout) placeList(t arrow.ListLikeType, e meta.Element, at leaf, nullable bool) error {
	e.Children, e.Converted, e.Logical.Kind = 1, meta.ListConverted, meta.ListKind
	l.elements = append(l.elements, e,
		meta.Element{Name: "list", Type: meta.Group, Repetition: meta.Repeated, Children: 1, Converted: meta.NoConverted})
	element := t.ElemField()
	element.Name = "element"
	return l.place(element, at.repeat(nullable, "list"))
}

// placeMap adds the three levels of a map: group, repeated key_value, key and value.
func (l *layout) placeMap(t *arrow.MapType, e meta.Element, at leaf, nullable bool) error {
	e.Children, e.Converted, e.Logical.Kind = 1, meta.MapConverted, meta.MapKind
	l.elements = append(l.elements, e,
		meta.Element{Name: "key_value", Type: meta.Group, Repetition: meta.Repeated, Children: 2, Converted: meta.NoConverted})
	entry := at.repeat(nullable, "key_value")
	key, value := t.KeyField(), t.ItemField()
	key.Name, key.Nullable, value.Name = "key", false, "value"
	if err := l.place(key, entry.down(step{kind: stepStruct, child: 0})); err != nil {
		return err
	}
	return l.place(value, entry.down(step{kind: stepStruct, child: 1}))
}

// repeat goes down into the elements of a list. The repeated group is a level of
// its own.
func (l leaf) repeat(nullable bool, group string) leaf {
	l.maxRep++
	l.maxDef++
	l.path = append(l.path[:len(l.path):len(l.path)], group)
	return l.down(step{kind: stepList, nullable: nullable, rep: l.maxRep})
}

func (l leaf) down(s step) leaf {
	l.steps = append(l.steps[:len(l.steps):len(l.steps)], s)
	return l
}
