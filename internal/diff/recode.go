package diff

import "context"

// Recoded is a source with the bodies of another schema: rows as they would have
// been sent with the present columns.
type Recoded struct {
	Source
	recoder *Recoder
	head    Head
	body    []byte
}

// NewRecoded returns the rows of a source with their bodies recoded.
func NewRecoded(rows Source, r *Recoder) *Recoded { return &Recoded{Source: rows, recoder: r} }

// Next implements Source.
func (r *Recoded) Next(ctx context.Context) (bool, error) {
	ok, err := r.Source.Next(ctx)
	if !ok || err != nil {
		return false, err
	}
	old, err := r.Source.Body()
	if err != nil {
		return false, err
	}
	if r.body, err = r.recoder.Append(r.body[:0], old); err != nil {
		return false, err
	}
	r.head = *r.Source.Head()
	r.head.Row = HashRow(r.body)
	return true, nil
}

// Head implements Source.
func (r *Recoded) Head() *Head { return &r.head }

// Body implements Source.
func (r *Recoded) Body() ([]byte, error) { return r.body, nil }
