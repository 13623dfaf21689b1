package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/longshore/longshore/internal/ledger"
)

// Project is the definitions in force.
type Project struct {
	ID       string     `json:"id" doc:"Names the version; empty before the first push. Give it as base of the next push."`
	Version  int64      `json:"version" doc:"Counts the pushes."`
	PushedAt *time.Time `json:"pushed_at,omitempty"`
	Files    []File     `json:"files" doc:"By path."`
}

// File is a file of the project.
type File struct {
	Path  string `json:"path"`
	Bytes int    `json:"bytes"`
	// Text is empty where Withheld.
	Text     string `json:"text,omitempty"`
	Withheld bool   `json:"withheld,omitempty" doc:"The text may hold secrets and stays here: connections and longshore.yaml."`
}

type projectOutput struct{ Body Project }

func (s *server) routesOfProject() {
	handle(s, endpoint{
		method: http.MethodGet, path: "/project", id: "show-project", tag: "project",
		summary: "Show the definitions in force", describe: "Files that may hold secrets are named, but their text is withheld.",
	}, s.showProject)
	handle(s, endpoint{
		method: http.MethodPost, path: "/project", id: "push-project", tag: "project", errors: []int{409, 413, 422}, maxBody: maxProject,
		summary: "Check a project, compare it with the definitions in force, and replace them",
		describe: "All mistakes of all files are answered at once, as problems of a 422. With dry_run nothing is changed. " +
			"With a base that isn't in force any more the answer is 409.",
	}, s.push)
}

func (s *server) showProject(ctx context.Context, _ *struct{}) (*projectOutput, error) {
	saved, err := s.Ledger.CurrentProject(ctx)
	if err != nil {
		return nil, err
	}
	out := &projectOutput{Project{ID: string(saved.ID), Version: saved.Version, PushedAt: moment(saved.PushedAt), Files: []File{}}}
	for _, path := range sorted(saved.Files) {
		out.Body.Files = append(out.Body.Files, fileOf(saved, path))
	}
	return out, nil
}

// fileOf returns a file of a version. Whatever isn't known to be free of
// secrets keeps its text to itself: a literal can be spelled in many ways, and
// stand in a comment.
func fileOf(saved ledger.Project, path string) File {
	content := saved.Files[path]
	f := File{Path: path, Bytes: len(content)}
	for _, open := range []string{"datasources/", "models/", "syncs/"} {
		if strings.HasPrefix(path, open) {
			f.Text = string(content)
			return f
		}
	}
	f.Withheld = true
	return f
}
