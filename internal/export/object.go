package export

import (
	"slices"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
)

// maxObjects bounds how many objects of an op a run writes: the leader holds
// what it knows of all of them in memory, and in one record.
const maxObjects = 100_000

// operations returns the ops of a mode, one per kind of rows, in their order.
func operations(mode def.Mode) []string {
	switch mode {
	case def.Insert:
		return []string{"added"}
	case def.DiffAll:
		return []string{"added", "changed", "removed"}
	case def.All:
	}
	return []string{string(def.All)}
}

// naming knows the objects of a run by their numbers. An object is
//
//	number × how many ops there are + op
//
// with a number of 0 where each op has one object, and from 1 on in a batched
// run. What naming says depends on the definitions and the run's creation alone,
// so nobody has to remember a key.
type naming struct {
	ops      []string
	batched  bool
	template *def.Template
	vars     def.Vars
}

func newNaming(p *def.Project, sync *def.Sync, r ledger.Run, traits format.Traits, codec compress.Codec) (naming, error) {
	d, model := sync.Destination, p.Models[sync.Model]
	t, err := def.ParseTemplate(d.Path)
	return naming{
		ops: operations(sync.Mode), batched: d.Batch.Enabled(), template: t,
		// The time is the one that the user asked at, whoever plans the run and
		// however often.
		vars: def.Vars{
			Time: r.CreatedAt, Offset: d.Offset,
			ModelID: model.ID, ModelName: model.Name, SyncID: sync.ID, RunID: string(r.ID),
			Mode: string(sync.Mode), Ext: traits.Extension + codec.Extension(),
		},
	}, err
}

func (n naming) object(op, number int) int { return number*len(n.ops) + op }

func (n naming) op(object int) int { return object % len(n.ops) }

func (n naming) number(object int) int { return object / len(n.ops) }

// first returns the object of an op that is written even without rows.
func (n naming) first(op int) int {
	if n.batched {
		return n.object(op, 1)
	}
	return n.object(op, 0)
}

// key fills the path template.
func (n naming) key(object int) (string, error) {
	vars := n.vars
	vars.Op, vars.Part = n.ops[n.op(object)], n.number(object)
	return n.template.Render(vars)
}

// check makes sure that no two objects have the same key, and returns one.
func (n naming) check() (string, error) {
	var keys []string
	for op := range n.ops {
		for _, object := range []int{n.first(op), n.first(op) + len(n.ops)} {
			key, err := n.key(object)
			if err != nil {
				return "", err
			}
			if slices.Contains(keys, key) {
				return "", fault.WithRemedy(fault.New(fault.Invalid, "the path gives two objects the key %s", key), "put {op} and {part} into the path")
			}
			keys = append(keys, key)
			if !n.batched {
				break
			}
		}
	}
	return keys[0], nil
}
