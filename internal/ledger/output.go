package ledger

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// ClaimUpload binds an object of a run to a multipart upload, and returns the
// upload that it is bound to: another part's when that was first. The loser
// aborts its own.
func (l *Ledger) ClaimUpload(ctx context.Context, id RunID, epoch, object int, uploadID string) (string, error) {
	key := uploadKey(id, epoch, object)
	err := l.create(ctx, key, uploadID)
	if fault.Is(err, fault.Conflict) {
		_, err = l.get(ctx, key, &uploadID)
	}
	return uploadID, err
}

// Upload returns the multipart upload of an object, empty where no part needed one.
func (l *Ledger) Upload(ctx context.Context, id RunID, epoch, object int) (string, error) {
	var uploadID string
	_, err := l.get(ctx, uploadKey(id, epoch, object), &uploadID)
	return uploadID, ignoreNotFound(err)
}

// ObjectUpload is the multipart upload of one of a run's objects.
type ObjectUpload struct {
	Object int
	Upload string
}

// Uploads yields all multipart uploads that are recorded for an epoch, by
// object.
func (l *Ledger) Uploads(ctx context.Context, id RunID, epoch int) iter.Seq2[ObjectUpload, error] {
	return func(yield func(ObjectUpload, error) bool) {
		for name, err := range l.names(ctx, epochDir(id, epoch)+"upload/", "") {
			if err != nil {
				yield(ObjectUpload{}, err)
				return
			}
			up, err := l.upload(ctx, id, epoch, name)
			if !yield(up, err) || err != nil {
				return
			}
		}
	}
}

func (l *Ledger) upload(ctx context.Context, id RunID, epoch int, name string) (up ObjectUpload, err error) {
	if up.Object, err = strconv.Atoi(strings.TrimSuffix(name, ".json")); err != nil {
		return up, fault.New(fault.Invalid, "record %s of run %s: not an object's upload", name, id)
	}
	_, err = l.get(ctx, uploadKey(id, epoch, up.Object), &up.Upload)
	return up, err
}

// ClaimSlot gives a part the first free range of piece numbers of an object and
// returns its number, counted from 0: always the same for the same part.
// There are as many slots as parts.
func (l *Ledger) ClaimSlot(ctx context.Context, id RunID, epoch, object, part, parts int) (int, error) {
	for slot := range parts {
		key := fmt.Sprintf("%sslot/%07d-%05d.json", epochDir(id, epoch), object, slot)
		owner := part
		err := l.create(ctx, key, owner)
		if fault.Is(err, fault.Conflict) {
			_, err = l.get(ctx, key, &owner)
		}
		if err != nil {
			return 0, err
		}
		if owner == part {
			return slot, nil
		}
	}
	return 0, fault.New(fault.Invalid, "run %s: part %d finds all %d piece ranges of object %d taken", id, part, parts, object)
}

// SaveTail keeps the bytes of a part in an object that are too few to be a
// piece, and returns the name to load them by.
func (l *Ledger) SaveTail(ctx context.Context, id RunID, epoch, part int, attempt string, object int, body []byte) (string, error) {
	name := fmt.Sprintf("tail/%07d-%05d-%s", object, part, attempt)
	_, err := l.store.Put(ctx, l.prefix+epochDir(id, epoch)+name, body, objstore.PutOptions{})
	return name, err
}

// Tail loads what SaveTail kept.
func (l *Ledger) Tail(ctx context.Context, id RunID, epoch int, name string) ([]byte, error) {
	body, _, err := l.store.Get(ctx, l.prefix+epochDir(id, epoch)+name)
	return body, err
}

// SaveIntent records that the run's output is about to become visible and how.
// From here on the run can only be finished. An intent that is there stays.
func (l *Ledger) SaveIntent(ctx context.Context, id RunID, intent any) error {
	return ignoreConflict(l.create(ctx, runDir(id)+"intent.json", intent))
}

// Intent reads the intent; the error is NotFound where there is none.
func (l *Ledger) Intent(ctx context.Context, id RunID, intent any) error {
	_, err := l.get(ctx, runDir(id)+"intent.json", intent)
	return err
}

// DropIntent forgets the intent: what it meant to make visible was written over.
func (l *Ledger) DropIntent(ctx context.Context, id RunID) error {
	return l.store.Delete(ctx, l.prefix+runDir(id)+"intent.json")
}

// SaveManifest records what the run wrote. A manifest that is there stays.
func (l *Ledger) SaveManifest(ctx context.Context, id RunID, manifest any) error {
	return ignoreConflict(l.create(ctx, runDir(id)+"manifest.json", manifest))
}

// Manifest reads what the run wrote; the error is NotFound where it wrote nothing.
func (l *Ledger) Manifest(ctx context.Context, id RunID, manifest any) error {
	_, err := l.get(ctx, runDir(id)+"manifest.json", manifest)
	return err
}

func uploadKey(id RunID, epoch, object int) string {
	return fmt.Sprintf("%supload/%07d.json", epochDir(id, epoch), object)
}

func ignoreConflict(err error) error {
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// DropTails deletes the tails of an epoch.
func (l *Ledger) DropTails(ctx context.Context, id RunID, epoch int) error {
	for name, err := range l.names(ctx, epochDir(id, epoch)+"tail/", "") {
		if err != nil {
			return err
		}
		if err := l.store.Delete(ctx, l.prefix+epochDir(id, epoch)+"tail/"+name); err != nil {
			return err
		}
	}
	return nil
}
