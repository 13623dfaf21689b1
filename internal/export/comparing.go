package export

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// comparing is what the parts of a run in mode insert or diff need to know
// beyond the definitions.
type comparing struct {
	// Sorters is how many parts sort rows for the others. Zero means that the only
	// part does all.
	Sorters int `json:"sorters,omitempty"`
	// Head is the version of the baseline that the run's takes the place of; empty
	// where there is none.
	Head ledger.RunID `json:"head,omitempty"`
	// Baseline is the version to compare with: Head, or none.
	Baseline ledger.RunID       `json:"baseline,omitempty"`
	Use      ledger.BaselineUse `json:"use,omitempty"`
	// Recoded is set when the baseline's rows have another schema: they are compared
	// as they would have been sent with the present one.
	Recoded bool `json:"recoded,omitempty"`
	// Keep is how many levels of the baseline stay: see diff.Baseline.
	Keep int `json:"keep,omitempty"`
	// Ordered is set when the only part reads rows in an order that they are to be
	// sent in.
	Ordered bool `json:"ordered,omitempty"`
	// Result is the schema of the model's result, Carried that of what is compared
	// and kept.
	Result  []byte `json:"result"`
	Carried []byte `json:"carried"`
	// Key is the columns of the primary key.
	Key []diff.KeyColumn `json:"key"`
}

// compare decides with what the run's rows are compared, and what becomes of the
// baseline.
func (e *Export) compare(ctx context.Context, r ledger.Run, sh *shape) (*comparing, error) {
	j := sh.job
	key, err := diff.NewKey(sh.result, j.model.PrimaryKey)
	if err != nil {
		return nil, fault.New(fault.KindOf(err), "model %s: %w", j.model.Name, err)
	}
	if _, err := diff.NewRows(sh.carry.Schema()); err != nil {
		return nil, fault.New(fault.KindOf(err), "sync %s: %w", j.sync.Name, err)
	}
	c := &comparing{Use: r.Trigger.Baseline, Key: key.Kinds()}
	if c.Result, err = encodeSchema(sh.result); err != nil {
		return nil, err
	}
	if c.Carried, err = encodeSchema(sh.carry.Schema()); err != nil {
		return nil, err
	}
	var b diff.Baseline
	c.Head, err = e.ledger.Baseline(ctx, j.sync.Name, &b)
	switch {
	case fault.Is(err, fault.NotFound):
		return c, nil
	case err != nil:
		return nil, err
	case c.Use == ledger.RebuildBaseline, c.Use == ledger.IgnoreBaseline && j.keysOnly():
		return c, nil
	}
	c.Baseline = c.Head
	err = differences(j, &b, c, sh.carry.Schema())
	c.Recoded = !j.keysOnly() && !bytes.Equal(b.Schema, c.Carried)
	if c.Use == ledger.CompareBaseline && b.Mode == string(j.sync.Mode) && !c.Recoded {
		c.Keep = b.Keep()
	}
	return c, err
}

// differences finds out whether the sync's rows can be compared with a baseline.
// The error is Invalid when they can't.
func differences(j *job, b *diff.Baseline, c *comparing, now *arrow.Schema) error {
	refuse := func(remedy, format string, args ...any) error {
		err := fault.New(fault.Invalid, format, args...)
		return fault.WithRemedy(fault.New(fault.Invalid, "sync %s can't be compared with its baseline: %w", j.sync.Name, err), "%s", remedy)
	}
	const reset = "run the sync with --reset-baseline, and once more with --full-resync to send all rows"
	switch {
	case b.Format != diff.BaselineFormat:
		return refuse(reset, "it is of version %d, and this program reads version %d", b.Format, diff.BaselineFormat)
	case !slices.Equal(b.Key, c.Key):
		return refuse(reset, "the primary key was %s and is %s", keyText(b.Key), keyText(c.Key))
	case j.keysOnly():
		return nil
	case b.Mode != string(def.DiffAll):
		return refuse(reset, "it was made in mode %s, which keeps the keys of rows alone", b.Mode)
	}
	was, err := decodeSchema(b.Schema)
	if err != nil {
		return err
	}
	if change := diff.CompareSchemas(was, now); len(change.Retyped) > 0 && c.Use == ledger.CompareBaseline {
		return refuse("run the sync with --full-resync to send all rows again, or with --reset-baseline to send none", "%s", change)
	}
	return nil
}

func keyText(key []diff.KeyColumn) string {
	all := make([]string, len(key))
	for i, k := range key {
		all[i] = k.Name + " " + k.Kind
	}
	return strings.Join(all, ", ")
}
