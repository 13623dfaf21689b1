package ingest

import (
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/plan"
)

// Fields that are left out are told of: in each file, or once in a run where that
// is what the datasource wants.
func TestFieldsThatAreLeftOutAreToldOf(t *testing.T) {
	for policy, want := range map[def.OnNewColumn]int{def.AddColumn: 4, def.IgnoreColumn: 2} {
		core, logs := observer.New(zap.InfoLevel)
		i := New(nil, Doors{}, nil)
		ds := &def.Datasource{Name: "events", Import: &def.Import{OnNewColumn: policy}}
		for _, id := range []ledger.RunID{"A", "B"} {
			run := ledger.Run{ID: id, Subject: ledger.Subject{Name: "events"}}
			a := &appender{partWriter: &partWriter{ingest: i, run: run, log: zap.New(core)}, job: &job{ds: ds}, file: plan.File{Key: "in/a.csv"}}
			a.leftOut(nil)
			a.leftOut([]string{"extra"})
			a.leftOut([]string{"extra"})
		}
		if logs.Len() != want {
			t.Errorf("%s: got %d messages, want %d", policy, logs.Len(), want)
		}
	}
}
