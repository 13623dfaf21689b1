package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/fault"
)

// Small files are stored in packs: the rows of several files are one INSERT, under
// one token. Which files are of a pack depends on what was in an attempt's hands, and
// the server would store a row that comes in two packs twice. So all attempts agree
// on packs before they store any, by a swap of one record in the state bucket:
//
//	decode and send ─ agree ─ quarantine ─ store ─ record all files as done ─ forget the pack
//	                    └─ a file of it is of another pack, or isn't as it was begun ─► begin again
//
// Whoever finds a file in an open pack finishes that first, with all of its files: the
// same rows under the same token. A file that could be one of a pack, and is sent
// alone because no other goes with it, is a pack of one.

// errTaken says that what was known of files has changed: others have them in hand.
var errTaken = errors.New("a file was ingested with others meanwhile")

// takenTries is how often an attempt begins again for that. Each time somebody else
// got on.
const takenTries = 10

// storeAll ingests the files that are begun, and completes known. What keeps back one
// file alone is returned as kept.
func (w *partWriter) storeAll(ctx context.Context, files []plan.File, known map[clickhouse.FileVersion]clickhouse.FileRecord) (kept, err error) {
	for range takenTries {
		kept, err = w.storeOnce(ctx, files, known)
		if !errors.Is(err, errTaken) {
			return kept, cmp.Or(err, w.forget(ctx))
		}
		if err := w.reread(ctx, files, known); err != nil {
			return kept, err
		}
	}
	return kept, fault.New(fault.Temporary, "ingest files of %s: %w", w.job.ds.Name, err)
}

// reread completes known by what is recorded now.
func (w *partWriter) reread(ctx context.Context, files []plan.File, known map[clickhouse.FileVersion]clickhouse.FileRecord) error {
	now, err := w.job.known(ctx, files)
	for v, rec := range now {
		known[v] = rec
	}
	return err
}

func (w *partWriter) storeOnce(ctx context.Context, files []plan.File, known map[clickhouse.FileVersion]clickhouse.FileRecord) (kept, err error) {
	begun := slices.DeleteFunc(slices.Clone(files), func(f plan.File) bool { return known[version(f)].State != clickhouse.FileIngesting })
	if len(begun) == 0 {
		return nil, nil
	}
	begun, kept, err = w.finishPacks(ctx, begun, known)
	if err != nil {
		return kept, err
	}
	alone, err := w.packs(ctx, begun, known)
	if err != nil {
		return kept, err
	}
	for _, f := range alone {
		rec := known[version(f)]
		if err := w.halted(ctx); err != nil {
			return kept, err
		}
		rec, err = w.file(ctx, f, rec)
		if store := new(storeError); errors.As(err, &store) && !fault.KindOf(err).Retryable() && ctx.Err() == nil {
			kept = err // one object that may not be read doesn't keep back those behind it
			continue
		}
		if err != nil {
			return kept, err
		}
		if err := w.job.house.RecordFiles(ctx, []clickhouse.FileRecord{rec}); err != nil {
			return kept, err
		}
		known[version(f)] = rec
	}
	return kept, nil
}

// agreed is the pack as all who ingest its files know it.
func (k *pack) agreed() ledger.Pack {
	p := ledger.Pack{Files: make([]ledger.PackedFile, len(k.members))}
	names := []string{k.members[0].rec.Datasource}
	for i, m := range k.members {
		p.Files[i] = ledger.PackedFile{Key: m.rec.Key, ETag: m.rec.ETag}
		names = append(names, m.rec.Key, m.rec.ETag)
	}
	p.Begun, _ = json.Marshal(k.packing) // of numbers and a text
	sum := sha256.Sum256([]byte(strings.Join(append(names, string(p.Begun)), "\x00")))
	p.ID = hex.EncodeToString(sum[:16])
	return p
}

// packsKept is how many packs are open before it is looked whether the oldest was
// left so by who died after it was done.
const packsKept = 64

// claim has all agree that a pack's files are stored together.
func (p *packer) claim(ctx context.Context, k *pack) error {
	pack := k.agreed()
	return p.ingest.ledger.ChangePacks(ctx, p.job.ds.Name, func(open []ledger.Pack) ([]ledger.Pack, bool, error) {
		over := p.finishedPacks()
		open = slices.DeleteFunc(open, func(o ledger.Pack) bool { return slices.Contains(over, o.ID) })
		twin := false
		for _, o := range open {
			twin = twin || o.ID == pack.ID
			if o.ID != pack.ID && slices.ContainsFunc(pack.Files, func(f ledger.PackedFile) bool { return slices.Contains(o.Files, f) }) {
				return nil, false, errTaken
			}
		}
		recs, err := p.recordsOf(ctx, pack)
		if err != nil {
			return nil, false, err
		}
		for _, rec := range recs {
			if !packable(rec) || packingOf(rec) != k.packing {
				return nil, false, errTaken
			}
		}
		if twin {
			return nil, false, nil
		}
		if len(open) >= packsKept {
			recs, err := p.recordsOf(ctx, open[0])
			if err != nil {
				return nil, false, err
			}
			if !slices.ContainsFunc(recs, isIngesting) {
				open = open[1:]
			}
		}
		return append(open, pack), true, nil
	})
}

func isIngesting(rec clickhouse.FileRecord) bool { return rec.State == clickhouse.FileIngesting }

// recordsOf returns what is recorded of a pack's files, in their order.
func (w *partWriter) recordsOf(ctx context.Context, p ledger.Pack) ([]clickhouse.FileRecord, error) {
	versions := make([]clickhouse.FileVersion, len(p.Files))
	for i, f := range p.Files {
		versions[i] = clickhouse.FileVersion(f)
	}
	known, err := w.job.house.KnownFiles(ctx, w.job.ds.Name, versions)
	recs := make([]clickhouse.FileRecord, len(versions))
	for i, v := range versions {
		recs[i] = known[v]
	}
	return recs, err
}

// finished notes that all files of a pack are recorded.
func (w *partWriter) finished(pack string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = append(w.over, pack)
}

func (w *partWriter) finishedPacks() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.over)
}

// forget closes the packs that are over.
func (w *partWriter) forget(ctx context.Context) error {
	over := w.finishedPacks()
	if len(over) == 0 {
		return nil
	}
	return w.ingest.ledger.ChangePacks(ctx, w.job.ds.Name, func(open []ledger.Pack) ([]ledger.Pack, bool, error) {
		before := len(open)
		open = slices.DeleteFunc(open, func(o ledger.Pack) bool { return slices.Contains(over, o.ID) })
		return open, len(open) < before, nil
	})
}

// finishPacks finishes the open packs that some of the files are of, and returns the
// files that are left. Where a pack can't be finished now, because of one file that may not be
// read, its files are kept back.
func (w *partWriter) finishPacks(ctx context.Context, files []plan.File, known map[clickhouse.FileVersion]clickhouse.FileRecord) (left []plan.File, kept, err error) {
	if !slices.ContainsFunc(files, func(f plan.File) bool { return packable(known[version(f)]) }) {
		return files, nil, nil
	}
	open, err := w.ingest.ledger.Packs(ctx, w.job.ds.Name)
	if err != nil {
		return nil, nil, err
	}
	left = files
	for _, p := range open {
		isOf := func(f plan.File) bool { return slices.Contains(p.Files, ledger.PackedFile(version(f))) }
		if !slices.ContainsFunc(left, isOf) {
			continue
		}
		if err := w.halted(ctx); err != nil {
			return left, kept, err
		}
		err := w.finishPack(ctx, p, files)
		if store := new(storeError); errors.As(err, &store) && !fault.KindOf(err).Retryable() && ctx.Err() == nil {
			kept, err = err, nil
			left = slices.DeleteFunc(slices.Clone(left), isOf)
		}
		if err != nil {
			return left, kept, err
		}
	}
	if err := w.reread(ctx, left, known); err != nil {
		return left, kept, err
	}
	return slices.DeleteFunc(slices.Clone(left), func(f plan.File) bool { return known[version(f)].State != clickhouse.FileIngesting }), kept, nil
}

// finishPack stores a pack's files as it was agreed, if that isn't done yet. It is
// given the files that the attempt has in hand.
func (w *partWriter) finishPack(ctx context.Context, p ledger.Pack, files []plan.File) error {
	recs, err := w.recordsOf(ctx, p)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(recs, isIngesting) {
		w.finished(p.ID)
		return nil
	}
	if len(recs) == 1 {
		f := fileOfRecord(recs[0])
		if at := slices.IndexFunc(files, func(f plan.File) bool { return version(f) == recs[0].Version() }); at >= 0 {
			f = files[at]
		}
		rec, err := w.file(ctx, f, recs[0])
		if err == nil {
			err = w.job.house.RecordFiles(ctx, []clickhouse.FileRecord{rec})
		}
		if err == nil {
			w.finished(p.ID)
		}
		return err
	}
	lost, err := w.repeat(ctx, p, recs)
	if err == nil && len(lost) > 0 {
		err = w.takeApart(ctx, p, lost)
	}
	return err
}

// repeat sends a pack again. It returns the files that aren't what they were, and why:
// then nothing is stored.
func (w *partWriter) repeat(ctx context.Context, p ledger.Pack, recs []clickhouse.FileRecord) (lost map[clickhouse.FileVersion]error, err error) {
	var how packing
	if err := json.Unmarshal(p.Begun, &how); err != nil {
		return nil, fault.New(fault.Invalid, "read pack %s: %w", p.ID, err)
	}
	k := w.packer(nil)
	defer k.close()
	group, sending := errgroup.WithContext(ctx)
	k.group = group
	lost = map[clickhouse.FileVersion]error{}
	for _, rec := range recs {
		if err = k.again(sending, rec, how); err == nil {
			continue
		}
		if !errors.Is(err, errAlone) && !errors.As(err, new(*fileError)) {
			break
		}
		lost[rec.Version()], err = err, nil
	}
	if err != nil || len(lost) > 0 {
		k.drop()
	}
	k.end(func(context.Context, *pack) error { return nil })
	if sent := group.Wait(); sent != nil {
		err = sent
	}
	return lost, err
}

// again adds a file to a pack that is repeated, as it was when that was agreed.
func (p *packer) again(ctx context.Context, rec clickhouse.FileRecord, how packing) error {
	if rec.State == clickhouse.FileReplaced {
		return errAlone // its rows are not to come back
	}
	rec.State, rec.Error, rec.Pack, rec.Rows, rec.Quarantined, rec.Bytes, rec.Chunks = clickhouse.FileIngesting, "", "", 0, 0, 0, 0
	rec.ChunkRows, rec.ChunkBytes, rec.ChunkBlocks = how.ChunkRows, how.ChunkBytes, how.ChunkBlocks
	rec.RunID, rec.Columns = how.RunID, how.Columns
	m, err := p.decode(ctx, fileOfRecord(rec), rec)
	if err != nil {
		return err
	}
	if p.open == nil {
		p.begin(ctx, m)
	}
	p.open.add(m)
	return nil
}

// takeApart ends a pack that can't be stored as it was agreed, and that may be stored
// already. The files that can be read are ingested anew, as a repair does, each as a
// version of itself that replaces the first: so whatever rows of that are there go. The
// others have failed, and may have rows.
func (w *partWriter) takeApart(ctx context.Context, p ledger.Pack, lost map[clickhouse.FileVersion]error) error {
	recs, err := w.recordsOf(ctx, p)
	if err != nil {
		return err
	}
	known := map[clickhouse.FileVersion]clickhouse.FileRecord{}
	var anew []plan.File
	var failed []clickhouse.FileRecord
	fail := func(rec clickhouse.FileRecord, why string) {
		rec.State, rec.Pack, rec.Error = clickhouse.FileFailed, p.ID, why+": it was sent with other files, so its rows may be in the table"
		rec.RunID, rec.UpdatedAt = string(w.run.ID), w.now()
		failed = append(failed, rec)
	}
	for _, rec := range recs {
		switch why := lost[rec.Version()]; {
		case rec.State == clickhouse.FileFailed && rec.Pack == "":
			fail(rec, rec.Error)
		case rec.State != clickhouse.FileIngesting:
		case errors.As(why, new(*fileError)):
			fail(rec, why.Error())
		default:
			f, why, err := w.anew(ctx, rec, known)
			if err != nil {
				return err
			}
			if anew = append(anew, f); why != "" {
				fail(rec, why)
			}
		}
	}
	for _, rec := range failed {
		w.note(fileOfRecord(rec), rec)
	}
	if len(failed) > 0 {
		if err := w.job.house.RecordFiles(ctx, failed); err != nil {
			return err
		}
	}
	if err := w.replace(ctx, anew, known); err != nil {
		return err
	}
	w.finished(p.ID)
	return nil
}

// anew ingests a file of a pack as another version of itself, which is to replace
// it, and completes known. Where it can't be, it says why.
func (w *partWriter) anew(ctx context.Context, rec clickhouse.FileRecord, known map[clickhouse.FileVersion]clickhouse.FileRecord) (f plan.File, why string, err error) {
	all, err := w.job.house.KnownVersions(ctx, w.job.ds.Name, []string{rec.Key})
	if err != nil {
		return f, "", err
	}
	f = fileOfRecord(rec)
	f.Replaces = []string{rec.ETag}
	for _, older := range earlier(rec, all[rec.Key]) {
		f.Replaces = append(f.Replaces, older.ETag)
	}
	for f.Again = 1; ; f.Again++ {
		at := slices.IndexFunc(all[rec.Key], func(r clickhouse.FileRecord) bool { return r.Version() == version(f) })
		if at < 0 {
			break
		}
		if r := all[rec.Key][at]; r.State != clickhouse.FileFailed { // an attempt that was cut off began it
			known[version(f)] = r
			break
		}
	}
	if err := w.begin(ctx, []plan.File{f}, known, shared{chunking: w.ingest.chunking(w.job)}, 0); err != nil {
		return f, "", err
	}
	again := known[version(f)]
	if again.State == clickhouse.FileIngesting {
		if again, err = w.file(ctx, f, again); err != nil {
			return f, "", err
		}
		if err := w.job.house.RecordFiles(ctx, []clickhouse.FileRecord{again}); err != nil {
			return f, "", err
		}
		known[version(f)] = again
	}
	switch {
	case again.State == clickhouse.FileFailed:
		why = again.Error
	case outside(again):
		why = fmt.Sprintf("it was ingested anew as %s, of which no row fits the table now", again.ETag)
	}
	return f, why, nil
}
