package ndjson

import (
	"fmt"
	"io"

	"github.com/longshore/longshore/pkg/schema"
)

// fields adds the columns of a place and all inside it, which could have had a
// value of times times.
//
// Objects become a column per path, and arrays of objects one per path behind
// [:]. Where a path has objects and other values too, or arrays with objects and
// without, it becomes one String that keeps the JSON.
func (p *place) fields(times int64, inf *schema.Inference) {
	switch {
	case p.path != nil && (p.mixed() || p.objects > 0 && (len(p.keys) == 0 || len(p.keys) >= maxKeys)):
		p.asText(times, inf)
	case p.objects > 0:
		for _, key := range p.keys {
			p.members[key].fields(p.timesInside(times), inf)
		}
	case p.arrays > 0:
		p.each.fields(0, inf)
	case p.path != nil:
		p.sample.Null(max(times-p.sample.Values(), 0))
		inf.Fields = append(inf.Fields, p.sample.Field(p.path, schema.InferOptions{}))
	}
}

// timesInside is how often a member could have been there: once for each
// element of an array, else once for each row.
func (p *place) timesInside(times int64) int64 {
	if n := len(p.path); n > 0 && p.path[n-1].Kind == schema.StepEach || times == 0 {
		return p.objects
	}
	return times
}

// mixed reports whether the values at a place can't be columns of their own.
func (p *place) mixed() bool {
	kinds := 0
	for _, n := range []int64{p.scalars + p.plain, p.objects, p.arrays} {
		if n > 0 {
			kinds++
		}
	}
	if kinds == 2 && p.arrays > 0 && p.scalars == 0 && p.objects == 0 && p.list.Elem.Shape == schema.Nothing {
		return p.each.mixed() // empty arrays go with any
	}
	return kinds > 1 || p.each != nil && p.each.mixed() || p.each != nil && p.each.arrays > 0
}

// asText makes the place one String column.
func (p *place) asText(times int64, inf *schema.Inference) {
	n := p.sample.Values()
	for range p.objects + p.arrays {
		p.sample.Add(p.row, schema.Class{Shape: schema.Text}, p.example)
	}
	p.sample.Null(max(times-p.sample.Values(), 0))
	f := p.sample.Field(p.path, schema.InferOptions{})
	f.Why = fmt.Sprintf("%d objects, %d arrays of objects and %d other values: the JSON is kept", p.objects, p.arrays, n)
	inf.Fields = append(inf.Fields, f)
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
