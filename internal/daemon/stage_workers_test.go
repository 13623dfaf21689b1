package daemon_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/objstore/crc64"
)

// startWorkers starts worker processes that do two parts at a time each, and
// waits until they take tasks.
func (s *stage) startWorkers(n int) []*process {
	s.t.Helper()
	all := make([]*process, n)
	for i := range all {
		all[i] = s.start("worker", "LONGSHORE_QUEUES=export=2")
	}
	for _, p := range all {
		waitFor(s.t, "the worker is up", func() bool { return strings.Contains(p.log(s.t), "worker starts") })
	}
	return all
}

// log returns what the process logged so far.
func (p *process) log(t *testing.T) string {
	t.Helper()
	body, err := os.ReadFile(p.Stderr.(*os.File).Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// peak returns the most memory that the process held so far, in MiB; 0 where the
// system doesn't say.
func (p *process) peak() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.Atoi(fields[0])
	if err != nil {
		return 0
	}
	return kib >> 10
}

// parts returns what the parts of a run did.
func (s *stage) parts(r ledger.Run) []ledger.PartManifest {
	s.t.Helper()
	all := make([]ledger.PartManifest, r.Parts)
	for i := range all {
		var err error
		if all[i], err = s.ledger.PartManifest(s.t.Context(), r.ID, r.Epoch, i); err != nil {
			s.t.Fatal(err)
		}
	}
	return all
}

// wroteAll returns how many of the processes did a part that counts.
func wroteAll(t *testing.T, workers []*process, parts []ledger.PartManifest) (n int) {
	t.Helper()
	done := 0
	for _, p := range workers {
		log, before := p.log(t), done
		for _, part := range parts {
			if strings.Contains(log, part.Attempt) {
				done++
			}
		}
		if done > before {
			n++
		}
	}
	if done != len(parts) {
		t.Errorf("the workers' logs tell of %d attempts that counted, want %d", done, len(parts))
	}
	return n
}

// written returns the one object of a run.
func (s *stage) written(r ledger.Run) export.Object {
	s.t.Helper()
	var m export.Manifest
	if err := s.ledger.Manifest(s.t.Context(), r.ID, &m); err != nil {
		s.t.Fatal(err)
	}
	if len(m.Objects) != 1 {
		s.t.Fatalf("got objects %+v, want one", m.Objects)
	}
	return m.Objects[0]
}

// fetch streams an object of the data bucket into w and checks that it is what
// the manifest says: its size and its CRC-64/NVME.
func (s *stage) fetch(o export.Object, w io.Writer) {
	s.t.Helper()
	body, err := s.bucket(s.data).Open(s.t.Context(), o.Key, "", 0, -1)
	if err != nil {
		s.t.Fatal(err)
	}
	defer body.Close()
	sum := new(sum64)
	n, err := io.Copy(io.MultiWriter(w, sum), body)
	if err != nil {
		s.t.Fatal(err)
	}
	if got := crc64.Format(uint64(*sum)); n != o.Bytes || got != o.CRC64NVME {
		s.t.Errorf("%s: got %d bytes with CRC-64/NVME %s, the manifest says %d and %s", o.Key, n, got, o.Bytes, o.CRC64NVME)
	}
}

// sum64 is the CRC-64/NVME of what is written to it.
type sum64 uint64

func (s *sum64) Write(p []byte) (int, error) {
	*s = sum64(crc64.Update(uint64(*s), p))
	return len(p), nil
}

// remove deletes an object of the data bucket when the test ends: large ones
// shouldn't wait for the server's end.
func (s *stage) remove(key string) {
	bucket := s.bucket(s.data)
	s.t.Cleanup(func() {
		if err := bucket.Delete(context.WithoutCancel(s.t.Context()), key); err != nil {
			s.t.Error(err)
		}
	})
}
