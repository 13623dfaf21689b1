// Package connection opens what definitions name: a version of the project, the
// database, bucket or ClickHouse of a connection. It is where secrets are
// looked up, and nowhere else.
//
// What is opened is shared and stays open until Close, so that parts don't pay
// for a handshake each. A connection whose definition or secret changed is
// opened anew.
package connection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// Opener opens what definitions name. It is safe for concurrent use.
type Opener struct {
	ledger  *ledger.Ledger
	secrets Secrets
	// clickhouse is the URL of the ClickHouse of datasources that name none.
	clickhouse string

	mu       sync.Mutex
	projects map[ledger.ProjectID]*def.Project // guarded by mu
	opened   map[string]*opened                // by what and how; guarded by mu
}

// opened is a door, or one that is being opened.
type opened struct {
	once sync.Once
	door io.Closer
	err  error
}

// New returns an Opener. The URL is of the ClickHouse for datasources that name
// no connection; it may be empty.
func New(l *ledger.Ledger, secrets Secrets, clickhouseURL string) *Opener {
	return &Opener{
		ledger: l, secrets: secrets, clickhouse: clickhouseURL,
		projects: map[ledger.ProjectID]*def.Project{}, opened: map[string]*opened{},
	}
}

// Project returns the definitions of a version. Versions never change, so each
// is read once.
func (o *Opener) Project(ctx context.Context, id ledger.ProjectID) (*def.Project, error) {
	o.mu.Lock()
	p := o.projects[id]
	o.mu.Unlock()
	if p != nil {
		return p, nil
	}
	saved, err := o.ledger.Project(ctx, id)
	if err != nil {
		return nil, err
	}
	p, problems := def.Parse(saved.Files)
	if len(problems) > 0 {
		return nil, fault.New(fault.Invalid, "definitions %s, pushed by another version: %w", id, problems)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.projects) >= maxProjects {
		clear(o.projects)
	}
	o.projects[id] = p
	return p, nil
}

// maxProjects bounds how many versions are kept in memory.
const maxProjects = 32

// Close closes everything that was opened.
func (o *Opener) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var errs []error
	for _, d := range o.opened {
		if d.door != nil {
			errs = append(errs, d.door.Close())
		}
	}
	clear(o.opened)
	return errors.Join(errs...)
}

// shared opens a door once for all who ask with the same key. A door that
// can't be opened is tried again by the next who asks.
func shared[T io.Closer](o *Opener, key string, open func() (T, error)) (T, error) {
	o.mu.Lock()
	d := o.opened[key]
	if d == nil {
		d = &opened{}
		o.opened[key] = d
	}
	o.mu.Unlock()
	d.once.Do(func() {
		door, err := open()
		if d.err = err; err != nil {
			o.mu.Lock()
			delete(o.opened, key)
			o.mu.Unlock()
			return
		}
		d.door = door
	})
	if d.err != nil {
		var none T
		return none, d.err
	}
	return d.door.(T), nil
}

// values resolves the values of a connection, in order. Errors name it.
func (o *Opener) values(c *def.Connection, values ...def.Value) ([]string, error) {
	out := make([]string, len(values))
	for i, v := range values {
		secret, err := v.Resolve(o.secrets.Lookup)
		if err != nil {
			return nil, fault.New(fault.KindOf(err), "connection %s: %w", c.Name, err)
		}
		out[i] = secret.Reveal()
	}
	return out, nil
}

func want(c *def.Connection, types ...def.ConnectionType) error {
	if c == nil {
		return fault.New(fault.Invalid, "the definition names no connection")
	}
	for _, t := range types {
		if c.Type == t {
			return nil
		}
	}
	return fault.New(fault.Invalid, "connection %s is of type %s, not %s", c.Name, c.Type, fmt.Sprint(types))
}
