package front

import (
	"maps"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
)

// stopper stops queries whose clients are gone. All of them are stopped with one statement at a time, because on a
// busy machine that statement has to wait for its turn like the queries it is to stop.
type stopper struct {
	engine Engine
	log    *zap.Logger

	mu       sync.Mutex
	sessions map[string]bool // guarded by mu; nil when no loop runs
	running  sync.WaitGroup  // the goroutine that exists while there are sessions
}

// The pauses between two attempts.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = 200 * time.Millisecond
)

// until stops what a session runs, again and again until it has ended: a statement that the engine has not listed
// yet cannot be stopped.
func (s *stopper) until(ended <-chan struct{}, session string) {
	s.mu.Lock()
	if s.sessions == nil {
		s.sessions = map[string]bool{}
		s.running.Go(s.loop)
	}
	s.sessions[session] = true
	s.mu.Unlock()
	<-ended
	s.mu.Lock()
	delete(s.sessions, session)
	s.mu.Unlock()
}

// loop ends when no session is left to stop.
func (s *stopper) loop() {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		s.mu.Lock()
		sessions := slices.Collect(maps.Keys(s.sessions))
		if len(sessions) == 0 {
			s.sessions = nil
		}
		s.mu.Unlock()
		if len(sessions) == 0 {
			return
		}
		if err := s.engine.Kill(sessions); err != nil {
			s.log.Warn("stop queries", zap.Error(err))
		}
		<-time.After(pause)
	}
}
