package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/longshore/longshore/pkg/fault"
)

// ProjectID names one version of the definitions: "7-0b1c2d3e", its number and
// the beginning of its content's SHA-256. Empty means that nothing was pushed.
type ProjectID string

// Project is one version of the definitions: the files as they were pushed.
type Project struct {
	ID       ProjectID         `json:"id"`
	Version  int64             `json:"version"`
	PushedAt time.Time         `json:"pushed_at"`
	Files    map[string][]byte `json:"files"` // by path relative to the project's folder
}

// inForce is the record that says which version counts.
type inForce struct {
	ID      ProjectID `json:"id"`
	Version int64     `json:"version"`
}

// SaveProject makes files the definitions in force. The base is the version
// that they were compared with: when another push came in between, the error is
// a Conflict and nothing changes.
func (l *Ledger) SaveProject(ctx context.Context, files map[string][]byte, base ProjectID) (Project, error) {
	var current inForce
	etag, err := l.get(ctx, currentKey, &current)
	if ignoreNotFound(err) != nil {
		return Project{}, err
	}
	saved := Project{Version: current.Version + 1, PushedAt: l.now(), Files: files}
	saved.ID = projectID(saved.Version, files)
	if current.ID != base {
		return Project{}, errPushedMeanwhile(current.ID, base)
	}
	// The content first: a version that never comes into force does no harm.
	if err := ignoreConflict(l.create(ctx, projectKey(saved.ID), saved)); err != nil {
		return Project{}, err
	}
	err = l.swap(ctx, currentKey, etag, inForce{ID: saved.ID, Version: saved.Version})
	if fault.Is(err, fault.Conflict) {
		return Project{}, errPushedMeanwhile("a newer version", base)
	}
	return saved, err
}

// CurrentProject reads the definitions in force. Before the first push it
// returns the zero Project.
func (l *Ledger) CurrentProject(ctx context.Context) (Project, error) {
	id, err := l.CurrentProjectID(ctx)
	if err != nil || id == "" {
		return Project{}, err
	}
	return l.Project(ctx, id)
}

// CurrentProjectID returns which definitions are in force.
func (l *Ledger) CurrentProjectID(ctx context.Context) (ProjectID, error) {
	var current inForce
	_, err := l.get(ctx, currentKey, &current)
	return current.ID, ignoreNotFound(err)
}

// Project reads a version of the definitions.
func (l *Ledger) Project(ctx context.Context, id ProjectID) (Project, error) {
	var p Project
	_, err := l.get(ctx, projectKey(id), &p)
	return p, err
}

const currentKey = "project/current.json"

func projectKey(id ProjectID) string { return "project/v/" + string(id) + ".json" }

func projectID(version int64, files map[string][]byte) ProjectID {
	body, err := json.Marshal(files)
	if err != nil {
		panic(err) // a map of bytes always encodes
	}
	sum := sha256.Sum256(body)
	return ProjectID(fmt.Sprintf("%d-%x", version, sum[:4]))
}

func errPushedMeanwhile(have, base ProjectID) error {
	return fault.WithRemedy(fault.New(fault.Conflict, "push: %s is in force, not %q", have, base),
		"somebody else pushed meanwhile; push again")
}
