package ingest

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
)

// What a sample takes at most: so little that somebody waits for it, so much that a
// file's beginning, where connections and caches are cold, doesn't decide.
const (
	sampleFiles  = 16
	sampleBlocks = 4       // of each file
	sampleBlock  = 1 << 20 // bytes, decompressed
	sampleFor    = 20 * time.Second
)

// BackfillSample is what the beginnings of some files were read for.
type BackfillSample struct {
	Files             int
	Bytes             int64 // of these, as stored
	Rows, Quarantined int64 // rows that were decoded, and those of them that would go to quarantine
	// Unreadable is how many of the files can't be ingested, and Why the first can't.
	Unreadable int
	Why        string
}

// beginning is what the first bytes of a file are, and took.
type beginning struct {
	rows, quarantined int64
	stored, plain     int64         // bytes that these rows take, as stored and decompressed
	opened            time.Duration // until the first row could be decoded
	decoded           time.Duration // from then on
}

// sample reads the beginnings of some files, one after another, and decodes them as
// an ingest would. It appends nothing, and holds a block of one file in memory.
func (b *Backfill) sample(ctx context.Context, l *BackfillLook, j *job, files []plan.Sampled) error {
	added, err := b.ledger.AddedColumns(ctx, j.ds.Name)
	if err != nil {
		return err
	}
	if j, err = j.at(added, uint32(len(added))); err != nil {
		return err
	}
	reading, cancel := context.WithTimeout(ctx, sampleFor)
	defer cancel()
	var m measured
	for _, f := range files {
		read, err := j.beginning(reading, f.File)
		if reading.Err() != nil && ctx.Err() == nil {
			break // what was measured until then is told
		}
		var bad *fileError
		if err = j.blame(ctx, f.File, err); errors.As(err, &bad) {
			l.Sample.unreadable(bad)
			err = nil
		}
		if err != nil {
			return fault.New(fault.KindOf(err), "sample %s: %w", f.Key, err)
		}
		l.Sample.add(read)
		m.add(f, read)
	}
	if m.weight > 0 {
		l.RestsOn, l.pace = ASample, m.pace()
	}
	return nil
}

func (s *BackfillSample) unreadable(err error) {
	if s.Unreadable++; s.Unreadable == 1 {
		s.Why = err.Error()
	}
}

func (s *BackfillSample) add(b beginning) {
	s.Files++
	s.Bytes += b.stored
	s.Rows += b.rows
	s.Quarantined += b.quarantined
}

// measured is what a sample says about each byte.
type measured struct {
	opened, files            []float64 // seconds; and 1 for each
	seconds, weights         []float64 // per byte
	rows, quarantined, plain float64   // weighted
	weight                   float64
}

// add adds the beginning of a file.
func (m *measured) add(f plan.Sampled, b beginning) {
	weight, stored := float64(f.Weight), float64(b.stored)
	m.weight += weight
	if b.stored == 0 { // it can't be ingested: it has no rows, and costs next to nothing
		return
	}
	m.opened, m.files = append(m.opened, b.opened.Seconds()), append(m.files, 1)
	m.seconds = append(m.seconds, b.decoded.Seconds()/stored)
	m.weights = append(m.weights, weight)
	m.rows += weight * float64(b.rows) / stored
	m.quarantined += weight * float64(b.quarantined) / stored
	m.plain += weight * float64(b.plain) / stored
}

func (m *measured) pace() pace {
	return pace{
		seconds: plan.SpreadOf(m.seconds, m.weights), open: plan.SpreadOf(m.opened, m.files), rows: m.rows / m.weight, quarantined: m.quarantined / m.weight, plain: m.plain / m.weight,
	}
}

// beginning reads the first rows of a file.
func (j *job) beginning(ctx context.Context, f plan.File) (b beginning, err error) {
	counted := &countedBucket{Bucket: j.bucket}
	k := *j
	k.bucket = counted
	began := time.Now()
	in, err := k.input(ctx, f)
	if err != nil {
		return b, err
	}
	defer in.Close()
	if in.Stream != nil {
		in.Stream = &boundedReader{in.Stream, 2 * sampleBlocks * sampleBlock}
	}
	opts := k.opts
	opts.BlockBytes = sampleBlock
	d, err := in.format.Decoder(ctx, in.Input, k.columns, opts)
	if err != nil {
		return b, ignoreBeyond(err)
	}
	defer d.Close()
	b.opened = time.Since(began)
	err = b.decode(&k, d)
	b.decoded = time.Since(began) - b.opened
	facts := d.Facts()
	b.plain = facts.Bytes
	switch {
	case errors.Is(err, io.EOF):
		return b.all(f), nil
	case facts.Rows > 0: // its bytes are those of all rows, what stands behind them included
		b.stored = int64(float64(f.Size) * float64(b.rows) / float64(facts.Rows))
	case in.codec == compress.None && b.plain > 0:
		b.stored = b.plain
	default:
		b.stored = counted.bytes.Load()
	}
	return b, ignoreBeyond(err)
}

// all is the beginning of a file that was read to its end.
func (b beginning) all(f plan.File) beginning {
	b.stored = f.Size
	return b
}

// decode decodes some blocks. It returns io.EOF where the file has no more.
func (b *beginning) decode(j *job, d format.Decoder) error {
	var rows block.Block
	var refused refusal
	for n := range sampleBlocks {
		consumed, err := d.Next(&rows, blockRows)
		if err != nil {
			return err
		}
		if n == 0 {
			refused = j.refusal(tried(j.columns, consumed, &rows, d.Rejected(), d.Facts()))
		}
		b.rows += int64(consumed)
		if refused != nil {
			b.quarantined += int64(consumed)
		} else {
			b.quarantined += int64(len(d.Rejected()))
		}
	}
	return nil
}

// errBeyond ends the reading of a file whose rows are longer than a sample.
var errBeyond = errors.New("the sample ends here")

func ignoreBeyond(err error) error {
	if errors.Is(err, errBeyond) {
		return nil
	}
	return err
}

// boundedReader ends with errBeyond after so many bytes.
type boundedReader struct {
	io.Reader
	left int
}

func (r *boundedReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errBeyond
	}
	n, err := r.Reader.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

// countedBucket counts the bytes that are read of its objects' streams.
type countedBucket struct {
	Bucket
	bytes atomic.Int64
}

// readAtOnce bounds how many bytes more are read of a compressed file than were
// decompressed.
const readAtOnce = 16 << 10

func (b *countedBucket) Open(ctx context.Context, key, etag string, offset, length int64) (io.ReadCloser, error) {
	body, err := b.Bucket.Open(ctx, key, etag, offset, length)
	if err != nil {
		return nil, err
	}
	return &countedReader{body, b}, nil
}

type countedReader struct {
	io.ReadCloser
	bucket *countedBucket
}

func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p[:min(len(p), readAtOnce)])
	r.bucket.bytes.Add(int64(n))
	return n, err
}
