package api

import (
	"context"
	"net/http"

	"github.com/longshore/longshore/internal/queue"
)

// Version is what answers, and to whom.
type Version struct {
	Version string `json:"version" doc:"Of the producer."`
	Project string `json:"project" doc:"The version of the definitions in force; empty before the first push."`
	Caller  string `json:"caller" enum:"token,anonymous" doc:"How the caller was let in."`
	Leader  string `json:"leader,omitempty" doc:"The host of the producer that leads; absent when none does."`
}

// Queues is the work that waits and who there is to do it.
type Queues struct {
	Queues  []QueueDepth `json:"queues"`
	Workers int          `json:"workers" doc:"Processes that Redis knows of."`
}

// QueueDepth is how many tasks of a queue are in which state.
type QueueDepth struct {
	Queue   string `json:"queue"`
	Waiting int    `json:"waiting" doc:"Tasks for a free worker, or for their next attempt."`
	Active  int    `json:"active" doc:"Tasks that a worker has."`
	Dead    int    `json:"dead" doc:"Tasks whose attempts are spent."`
}

func (s *server) routesOfSystem() {
	s.routesOfPreview()
	handle(s, endpoint{
		method: http.MethodGet, path: "/version", id: "show-version", tag: "system",
		summary: "Show version, leader and caller", describe: "Also good to try a token.",
	}, s.showVersion)
	handle(s, endpoint{
		method: http.MethodGet, path: "/queues", id: "show-queues", tag: "system", errors: []int{503},
		summary: "Show queues and workers", describe: "As Redis has them.",
	}, s.showQueues)
}

type versionOutput struct{ Body Version }

func (s *server) showVersion(ctx context.Context, _ *struct{}) (*versionOutput, error) {
	id, err := s.Ledger.CurrentProjectID(ctx)
	if err != nil {
		return nil, err
	}
	lease, err := s.Ledger.Lease(ctx)
	if err != nil {
		return nil, err
	}
	out := &versionOutput{Version{Version: s.Version, Project: string(id), Caller: "token"}}
	if s.Token.IsZero() {
		out.Body.Caller = "anonymous"
	}
	if !lease.Released() {
		out.Body.Leader = lease.Host
	}
	return out, nil
}

type queuesOutput struct{ Body Queues }

func (s *server) showQueues(context.Context, *struct{}) (*queuesOutput, error) {
	depths, err := s.Queue.Depths()
	if err != nil {
		return nil, err
	}
	out := &queuesOutput{Queues{Queues: viewDepths(depths)}}
	out.Body.Workers, err = s.Queue.Workers()
	return out, err
}

func viewDepths(depths []queue.Depth) []QueueDepth {
	all := make([]QueueDepth, len(depths))
	for i, d := range depths {
		all[i] = QueueDepth(d)
	}
	return all
}
