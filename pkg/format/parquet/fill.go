package parquet

import (
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format/textvalue"
)

// fill appends n rows to each column, without those that skip marks. What
// doesn't fit is replaced and becomes a problem.
func (d *decoder) fill(dst *block.Block, n int, skip []bool) error {
	for i := range d.columns {
		if err := d.fillColumn(dst.Columns[i], i, n, skip); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) fillColumn(c *block.Column, i, n int, skip []bool) error {
	s := &d.columns[i]
	switch {
	case s.path.IsRow():
		return d.fillRows(c, i, n, skip)
	case s.shape == nil:
		d.fillMissing(c, i, n, skip)
		return nil
	case s.shape.kind == shapeLeaf && s.shape.reader.leaf.rep == 0:
		d.fillFlat(c, i, n, skip)
		return nil
	}
	return d.fillNested(c, i, n, skip)
}

func (d *decoder) fillMissing(c *block.Column, i, n int, skip []bool) {
	fits := d.columns[i].nested || c.AcceptsNull()
	for row := range n {
		if skip != nil && skip[row] {
			continue
		}
		if !fits {
			d.problems = append(d.problems, problem{row, i, textvalue.Missing})
		}
		c.AppendNull()
	}
}

// fillFlat is for leaves outside of lists, which have one entry per row.
func (d *decoder) fillFlat(c *block.Column, i, n int, skip []bool) {
	s := d.columns[i].shape
	e, put, bulk := &s.reader.entries, s.column, s.bulk
	if skip != nil {
		bulk = nil
	}
	rows, value := c.Rows(), 0
	for row := 0; row < n; row++ {
		if bulk != nil {
			present := s.run(row, n)
			done := bulk(c, e, value, value+present)
			if done < present { // as likely as not, more like it follow
				bulk = nil
			}
			row, rows, value = row+done, rows+done, value+done
			if row == n {
				break
			}
		}
		present := s.def == 0 || e.def[row] == s.def
		if present {
			value++
		}
		if skip != nil && skip[row] {
			continue
		}
		var what textvalue.Problem
		if present {
			what = put(c, e, value-1)
		} else {
			what = s.null(c)
		}
		if what != textvalue.OK {
			d.problems = append(d.problems, problem{row, i, what})
			c.Truncate(rows)
			c.AppendDefault()
		}
		rows++
	}
}

// run returns how many rows from row on have a value.
func (s *shape) run(row, n int) int {
	e := &s.reader.entries
	if s.def == 0 || e.present == e.n {
		return n - row
	}
	for i, def := range e.def[row:n] {
		if def != s.def {
			return i
		}
	}
	return n - row
}

func (d *decoder) fillNested(c *block.Column, i, n int, skip []bool) error {
	s := d.columns[i].shape
	s.rewind()
	for row := range n {
		if !s.startRow() {
			return s.leaves[0].failed(errValues)
		}
		if skip != nil && skip[row] {
			s.skipRow()
			continue
		}
		rows := c.Rows()
		what := s.append(c)
		switch what {
		case textvalue.OK:
			continue
		case broken:
			return s.leaves[0].failed(errValues)
		}
		d.problems = append(d.problems, problem{row, i, what})
		s.backToRow()
		s.skipRow()
		c.Truncate(rows)
		c.AppendDefault()
	}
	return nil
}
