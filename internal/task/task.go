// Package task is the words between a producer and its workers: what a task is
// called, what it carries, and which queue it goes to.
//
// A task is one attempt-series at one part of one run. Its id is derived from
// the run, so that planning or enqueuing twice is harmless, and its payload
// holds ids only: the worker reads what to do from the ledger. That keeps Redis
// small and lets it be lost.
package task

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/longshore/longshore/pkg/fault"
)

// Kind says what a task's part does. It is the task's type in the queue.
type Kind string

// The kinds of task.
const (
	ExportPart Kind = "export.part"
	IngestPart Kind = "ingest.part"
)

// The queues. Each has workers of its own, so that none starves another.
const (
	QueueExport   = "export"
	QueueIngest   = "ingest"
	QueueBackfill = "backfill"
)

// Queues returns the names of all queues.
func Queues() []string { return []string{QueueExport, QueueIngest, QueueBackfill} }

// Task is a part of a run as the queue holds it.
type Task struct {
	Kind  Kind   `json:"kind"`
	Queue string `json:"queue"`
	// Run is the id of the run.
	Run string `json:"run"`
	// Epoch counts the plans of the run from 1: a run whose snapshot was lost is
	// planned again, and tasks of an older epoch have nothing left to do.
	Epoch int `json:"epoch"`
	// Part counts the parts of the epoch's plan from 0.
	Part int `json:"part"`
	// Round counts from 0 how often the producer asked for this part, because the
	// queue lost it or its output was spoiled. Retries of the queue don't count.
	Round int `json:"round"`
}

// ID returns the task's id in the queue, unique over all runs.
func (t Task) ID() string {
	return fmt.Sprintf("%s.%d.%d.%d", t.Run, t.Epoch, t.Part, t.Round)
}

// ParseID splits an id that ID made.
func ParseID(id string) (run string, epoch, part, round int, err error) {
	fields := strings.Split(id, ".")
	if len(fields) != 4 {
		return "", 0, 0, 0, fault.New(fault.Invalid, "task id %q: want run.epoch.part.round", id)
	}
	var n [3]int
	for i, f := range fields[1:] {
		if n[i], err = strconv.Atoi(f); err != nil {
			return "", 0, 0, 0, fault.New(fault.Invalid, "task id %q: %w", id, err)
		}
	}
	return fields[0], n[0], n[1], n[2], nil
}

// Encode returns the task's payload.
func (t Task) Encode() []byte {
	b, err := json.Marshal(t)
	if err != nil {
		panic(err) // a struct of strings and ints always encodes
	}
	return b
}

// Decode reads a payload that Encode made.
func Decode(payload []byte) (Task, error) {
	var t Task
	if err := json.Unmarshal(payload, &t); err != nil {
		return Task{}, fault.New(fault.Invalid, "decode task payload: %w", err)
	}
	return t, nil
}
