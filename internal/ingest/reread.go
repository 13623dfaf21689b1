package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/objstore"
)

// Reasons why a row of which the quarantine keeps the beginning alone can't be
// tried again.
const (
	reasonGone        = "file is gone"
	reasonOverwritten = "file was overwritten"
	reasonOther       = "file has another row there"
	reasonUnreadable  = "unreadable"
	reasonLong        = "row too long"
)

// rereader reads rows of which the quarantine has only the beginning from where
// they stand: in the version of the file that they were quarantined from, and in no
// other (TestACutRowOfAFileThatChangedSaysSo). It is for one goroutine, and for rows
// in the order of a quarantine: so a compressed file is read once.
type rereader struct {
	job    *job
	ingest *Ingest
	then   map[string]format.ReadOptions // by run: how it read files
	file   openFile
}

// openFile is the file that a rereader is at.
type openFile struct {
	version clickhouse.FileVersion
	plan.File
	known bool                 // whether it is plain
	plain bool                 // a text that isn't compressed: any byte of it can be asked for
	text  *forward             // of a compressed text; nil where it isn't open
	lost  []format.ColumnError // why no row of it can be read; nil: they can
}

// forward is a text that is read in one direction.
type forward struct {
	src     io.Reader
	at      int64 // where src stands, in bytes
	closers []io.Closer
}

// close ends the transfer of the file. What was read of it counts, whatever comes
// of that.
func (r *rereader) close() {
	if r.file.text == nil {
		return
	}
	for _, c := range r.file.text.closers {
		_ = c.Close()
	}
	r.file.text = nil
}

// text returns the whole text of a row, or why there is none any more.
func (r *rereader) text(ctx context.Context, row clickhouse.QuarantineRow) ([]byte, []format.ColumnError, error) {
	if v := (clickhouse.FileVersion{Key: row.Key, ETag: row.ETag}); r.file.version != v {
		if err := r.enter(ctx, v); err != nil {
			return nil, nil, err
		}
	}
	if r.file.lost != nil {
		return nil, r.file.lost, nil
	}
	opts, err := r.options(ctx, row)
	if err != nil {
		return nil, nil, err
	}
	raw, err := r.read(ctx, row, opts)
	if errors.Is(err, format.ErrRowTooLong) {
		return nil, wholly(reasonLong, err.Error()), nil
	}
	if err != nil {
		err = r.lose(ctx, err)
		return nil, r.file.lost, err
	}
	if row.RowGroup < 0 && !bytes.HasPrefix(raw, row.Raw) {
		return nil, wholly(reasonOther, fmt.Sprintf("what begins at byte %d isn't the row that was quarantined", row.Offset)), nil
	}
	return raw, nil, nil
}

// enter leaves the file that was read, for another.
func (r *rereader) enter(ctx context.Context, v clickhouse.FileVersion) error {
	r.close()
	known, err := r.job.house.KnownFiles(ctx, r.job.ds.Name, []clickhouse.FileVersion{v})
	if err != nil {
		return err
	}
	rec := known[v]
	rec.Key, rec.ETag = v.Key, v.ETag
	r.file = openFile{version: v, File: fileOfRecord(rec)}
	return nil
}

// lose notes why no row of the file can be read, if the file is to blame for err.
// Another error is returned.
func (r *rereader) lose(ctx context.Context, err error) error {
	err = r.job.blame(ctx, r.file.File, err)
	var bad *fileError
	if !errors.As(err, &bad) {
		return err
	}
	why := reasonUnreadable
	switch {
	case errors.Is(err, objstore.ErrChanged):
		why = reasonOverwritten
	case fault.Is(err, fault.NotFound):
		why = reasonGone
	}
	r.file.lost = wholly(why, "the quarantine keeps the first 64 KiB of the row, and the rest is nowhere: "+bad.Error())
	return nil
}

// read reads a row from the file.
func (r *rereader) read(ctx context.Context, row clickhouse.QuarantineRow, opts format.ReadOptions) ([]byte, error) {
	reader, err := r.job.reader(row.Format)
	if err != nil {
		return nil, err
	}
	rows, ok := reader.(format.RowReader)
	if !ok {
		return nil, fault.New(fault.Invalid, "read %s: no row of a %s file can be read alone", row.Key, row.Format)
	}
	in := format.Input{Name: row.Key, Size: r.file.Size}
	if reader.Traits().RandomAccess {
		in.At = storeReader{ReaderAt: r.job.bucket.ReaderAt(ctx, objstore.Object{Key: r.file.Key, ETag: r.file.ETag, Size: r.file.Size})}
		return rows.Row(ctx, in, row.Row, opts)
	}
	if !r.file.known {
		if err := r.open(ctx); err != nil {
			return nil, err
		}
	}
	if !r.file.plain {
		return r.ahead(ctx, row.Offset, func(text io.Reader) ([]byte, error) {
			in.Stream = text
			return rows.Row(ctx, in, row.Row, opts)
		})
	}
	body, err := r.job.bucket.Open(ctx, r.file.Key, r.file.ETag, row.Offset, -1)
	if err != nil {
		return nil, &storeError{err}
	}
	defer body.Close()
	in.Stream = storeReader{ReadCloser: body}
	return rows.Row(ctx, in, row.Row, opts)
}

// open opens a text at its beginning, and closes it again if it isn't compressed.
func (r *rereader) open(ctx context.Context) error {
	body, err := r.job.bucket.Open(ctx, r.file.Key, r.file.ETag, 0, -1)
	if err != nil {
		return &storeError{err}
	}
	stream := storeReader{ReadCloser: body}
	plain, codec, err := compress.NewReader(stream)
	if err != nil {
		return errors.Join(err, body.Close())
	}
	r.file.text = &forward{src: plain, closers: []io.Closer{plain, stream}}
	r.file.known, r.file.plain = true, codec == compress.None
	if r.file.plain {
		r.close()
	}
	return nil
}

// ahead reads what begins at an offset of a compressed text, which is nearly
// always behind what was read last.
func (r *rereader) ahead(ctx context.Context, offset int64, read func(io.Reader) ([]byte, error)) ([]byte, error) {
	if t := r.file.text; t == nil || offset < t.at {
		r.close()
		if err := r.open(ctx); err != nil {
			return nil, err
		}
	}
	t := r.file.text
	n, err := io.CopyN(io.Discard, t.src, offset-t.at)
	t.at += n
	if errors.Is(err, io.EOF) {
		err = fault.New(fault.Invalid, "it ends before byte %d", offset)
	}
	if err != nil {
		return nil, err
	}
	var seen bytes.Buffer
	raw, err := read(io.TeeReader(t.src, &seen))
	t.src = io.MultiReader(&seen, t.src) // whoever reads a row reads further than that
	return raw, err
}

// options returns how a file was read by the run that quarantined a row: where the
// row ends follows from that. What is in the row is for today's definitions to say.
func (r *rereader) options(ctx context.Context, row clickhouse.QuarantineRow) (format.ReadOptions, error) {
	opts, ok := r.then[row.RunID]
	if !ok {
		var err error
		if opts, err = r.optionsOf(ctx, ledger.RunID(row.RunID)); err != nil {
			return opts, err
		}
		r.then[row.RunID] = opts
	}
	if d := first(row.Delimiter); d != 0 {
		opts.CSV.Delimiter = d
	}
	return opts, nil
}

func (r *rereader) optionsOf(ctx context.Context, id ledger.RunID) (format.ReadOptions, error) {
	then, err := r.ingest.ledger.Run(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return r.job.opts, nil
	}
	if err != nil {
		return format.ReadOptions{}, err
	}
	project, err := r.ingest.doors.Project(ctx, then.Project)
	if err != nil {
		return format.ReadOptions{}, err
	}
	ds := project.Datasources[r.job.ds.Name]
	if ds == nil || ds.Import == nil {
		return r.job.opts, nil
	}
	return readOptions(ds.Import), nil
}
