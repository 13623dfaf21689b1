package postgres

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/longshore/longshore/pkg/batch"
)

// typeCache remembers what the catalog says of types that aren't built in:
// enums, arrays, domains, extensions' types. It lives as long as a database.
type typeCache struct {
	mu    sync.Mutex
	known map[uint32]catalogType // guarded by mu
}

func newTypeCache() *typeCache { return &typeCache{known: map[uint32]catalogType{}} }

// catalogType is a row of pg_type.
type catalogType struct {
	name string
	kind string // e enum, b base, c composite, d domain, r range, m multirange, p pseudo
	// base and typmod are what a domain stands for; zero and -1 elsewhere.
	base   uint32
	typmod int32
	// element is the type of an array's elements; zero where it isn't an array.
	element uint32
}

// shapes fills in the columns' shapes, asking the server for the types that
// nobody asked for before. The error is the server's.
func (c *typeCache) shapes(ctx context.Context, s *session, columns []resultColumn) error {
	oids := make([]uint32, 0, len(columns))
	for _, col := range columns {
		oids = append(oids, col.oid)
	}
	if err := c.learn(ctx, s, oids); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range columns {
		columns[i].shape = c.shape(columns[i].oid, columns[i].typmod)
	}
	return nil
}

// learn asks for the unknown types among oids, and for what they are made of.
func (c *typeCache) learn(ctx context.Context, s *session, oids []uint32) error {
	for missing := c.missing(oids); len(missing) > 0; {
		found, err := lookup(ctx, s, missing)
		if err != nil {
			return err
		}
		c.mu.Lock()
		var parts []uint32
		for _, oid := range missing {
			t := found[oid] // the zero type where it was dropped meanwhile
			c.known[oid] = t
			parts = append(parts, t.element, t.base)
		}
		c.mu.Unlock()
		missing = c.missing(parts)
	}
	return nil
}

func (c *typeCache) missing(oids []uint32) []uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []uint32
	for _, oid := range oids {
		_, decoded := builtin(oid, -1)
		_, known := c.known[oid]
		if oid != 0 && !decoded && !known {
			out = append(out, oid)
		}
	}
	return out
}

func lookup(ctx context.Context, s *session, oids []uint32) (map[uint32]catalogType, error) {
	list := make([]string, len(oids))
	for i, oid := range oids {
		list[i] = strconv.FormatUint(uint64(oid), 10)
	}
	rows, err := s.run(ctx, `SELECT oid, typname, typtype, typbasetype, typtypmod, `+
		`CASE WHEN typcategory = 'A' AND typlen = -1 THEN typelem ELSE 0 END `+
		`FROM pg_catalog.pg_type WHERE oid IN (`+strings.Join(list, ",")+`)`)
	if err != nil {
		return nil, err
	}
	out := make(map[uint32]catalogType, len(rows))
	for _, r := range rows {
		out[parseOID(r[0])] = catalogType{
			name: r[1], kind: r[2], base: parseOID(r[3]), typmod: int32(parseInt(r[4])), element: parseOID(r[5]),
		}
	}
	return out, nil
}

// shape decides about one type. It is called with mu held.
func (c *typeCache) shape(oid uint32, typmod int32) shape {
	if s, ok := builtin(oid, typmod); ok {
		return s
	}
	t := c.known[oid]
	switch {
	case t.kind == "e":
		return textShape(batch.Enum)
	case t.kind == "d":
		return c.shape(t.base, t.typmod)
	case t.name == "citext":
		return textShape(batch.None)
	case t.name == "xml":
		return castShape(batch.None)
	case t.element != 0 && c.isArray(t.element):
		return castShape(batch.Text) // an array of a domain over an array
	case t.element != 0:
		return listShape(c.shape(t.element, typmod))
	}
	return castShape(batch.Text)
}

// isArray follows domains to what they stand for.
func (c *typeCache) isArray(oid uint32) bool {
	t := c.known[oid]
	return t.element != 0 || t.kind == "d" && c.isArray(t.base)
}

func parseInt(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64) // numbers that the server printed
	return n
}

func parseOID(s string) uint32 { return uint32(parseInt(s)) }
