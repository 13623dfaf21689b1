package ledger

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
)

func runDir(id RunID) string { return "runs/" + string(id) + "/" }

func runKey(id RunID) string { return runDir(id) + "run.json" }

func openKey(id RunID) string { return "open/" + string(id) }

func subjectKey(s Subject) string { return "subjects/" + string(s.Kind) + "/" + s.Name + ".json" }

func historyDir(s Subject) string { return "history/" + string(s.Kind) + "/" + s.Name + "/" }

// historyKey sorts the newest run first: stores list in ascending order only.
func historyKey(s Subject, id RunID) string { return historyDir(s) + invert(string(id)) }

func epochDir(id RunID, epoch int) string { return fmt.Sprintf("%se%d/", runDir(id), epoch) }

func partKey(id RunID, epoch int, room string, part int) string {
	return epochDir(id, epoch) + room + "/" + partName(part)
}

// manyParts is from where on the numbers of parts have more than five digits.
const manyParts = 100_000

// partName names a part's record so that records list in the order of parts, at
// any number of them.
func partName(part int) string {
	if part < manyParts {
		return fmt.Sprintf("%05d.json", part)
	}
	return fmt.Sprintf("a%09d.json", part)
}

// parsePartName returns the number of a part from the name of its record.
func parsePartName(name string) (int, error) {
	return strconv.Atoi(strings.TrimPrefix(strings.TrimSuffix(name, ".json"), "a"))
}

// crockford is the alphabet of a ULID, in ascending order.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// invert maps a ULID to a string that sorts the other way round. It is its own
// inverse.
func invert(id string) string {
	out := []byte(id)
	for i, c := range out {
		if at := strings.IndexByte(crockford, c); at >= 0 {
			out[i] = crockford[len(crockford)-1-at]
		}
	}
	return string(out)
}

// Open yields the ids of runs that haven't ended, oldest first.
func (l *Ledger) Open(ctx context.Context) iter.Seq2[RunID, error] {
	return func(yield func(RunID, error) bool) {
		for name, err := range l.names(ctx, "open/", "") {
			if !yield(RunID(name), err) || err != nil {
				return
			}
		}
	}
}

// History yields the ids of a subject's runs, newest first.
func (l *Ledger) History(ctx context.Context, s Subject) iter.Seq2[RunID, error] {
	return func(yield func(RunID, error) bool) {
		for name, err := range l.names(ctx, historyDir(s), "") {
			if !yield(RunID(invert(name)), err) || err != nil {
				return
			}
		}
	}
}
