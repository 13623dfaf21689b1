package ingest

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
)

// selection is what a listing found to ingest.
type selection struct {
	project ledger.ProjectID
	began   time.Time // when the listing did
	at      time.Time // and when it ended
	files   []plan.File
	backlog ledger.Backlog // of files that are left for later runs
}

// fresh is how old a selection may be for a run to go by it rather than list
// the bucket again.
const fresh = 30 * time.Second

// Scan lists the bucket of a datasource and returns how many files a run would
// take now. It records when that was and what is left, and keeps the files for
// the run that the caller is about to create.
func (i *Ingest) Scan(ctx context.Context, id ledger.ProjectID, name string) (files int, err error) {
	j, err := i.open(ctx, id, name)
	if err != nil {
		return 0, err
	}
	found, err := i.scan(ctx, id, j, newClaims(i.ledger, ""))
	if err != nil {
		return 0, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.scanned[name] = found
	return len(found.files), nil
}

// runFiles is how many files a run takes at most, however many wait: it keeps
// them, and its plan, in memory. Another run follows it for the rest, see goOn.
const runFiles = 20_000

// scan lists and selects. A page of keys is asked about while the next one is
// listed. Its memory grows with the files that it takes, not with those that it
// sees: TestAListingInLittleMemory.
func (i *Ingest) scan(ctx context.Context, id ledger.ProjectID, j *job, c *claims) (selection, error) {
	began := i.ledger.Now()
	if err := i.prepare(ctx, j); err != nil {
		return selection{}, err
	}
	taken := plan.NewSelection(atMost(j.ds.Import, i.runFiles))
	begun := map[clickhouse.FileVersion]bool{} // the listed files that are half ingested: few
	pages := make(chan []plan.File, 1)
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(pages)
		return j.candidates(groupCtx, pages)
	})
	group.Go(func() error {
		for page := range pages {
			if err := j.offer(groupCtx, page, c, taken, begun); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return selection{}, err
	}
	if err := j.offerAbandoned(ctx, c, taken, begun); err != nil {
		return selection{}, err
	}
	found := selection{project: id, began: began, at: i.ledger.Now(), files: taken.Files()}
	found.backlog.Files, found.backlog.Bytes, found.backlog.Oldest = taken.Left()
	return found, i.record(ctx, j, found)
}

// FilesPerRun is how many files a run of an import takes at most.
func FilesPerRun(in *def.Import) int { return atMost(in, runFiles) }

func atMost(in *def.Import, most int) int {
	if in.MaxFiles > 0 {
		return min(in.MaxFiles, most)
	}
	return most
}

// offer adds the files of a page that are to be ingested, and notes which of
// them were begun.
func (j *job) offer(ctx context.Context, page []plan.File, c *claims, taken *plan.Selection, begun map[clickhouse.FileVersion]bool) error {
	s, err := j.stand(ctx, page, c)
	for _, f := range s.free {
		taken.Add(f)
	}
	for _, v := range s.begun {
		begun[v] = true
	}
	return err
}

func (j *job) known(ctx context.Context, files []plan.File) (map[clickhouse.FileVersion]clickhouse.FileRecord, error) {
	versions := make([]clickhouse.FileVersion, len(files))
	for i, f := range files {
		versions[i] = version(f)
	}
	return j.house.KnownFiles(ctx, j.ds.Name, versions)
}

// record notes the scan in the subject's record.
func (i *Ingest) record(ctx context.Context, j *job, found selection) error {
	subject := ledger.Subject{Kind: ledger.Ingest, Name: j.ds.Name}
	_, err := i.ledger.UpdateSubject(ctx, subject, func(rec *ledger.SubjectRecord) error {
		rec.LastScanAt, rec.Backlog = found.at, found.backlog
		return nil
	})
	return err
}

// take returns what Scan kept for a run, if that is recent.
func (i *Ingest) take(id ledger.ProjectID, name string) (selection, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	found, ok := i.scanned[name]
	delete(i.scanned, name)
	return found, ok && found.project == id && i.ledger.Now().Sub(found.at) < fresh && i.looked[name].Before(found.began)
}

// hinted notes that a run looked at keys by itself: what a listing before found
// may be that run's by now.
func (i *Ingest) hinted(name string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.looked[name] = i.ledger.Now()
}
