package ingest

import (
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/plan"
)

func TestFieldsWithoutAColumnAreToldOf(t *testing.T) {
	for policy, want := range map[def.OnNewColumn]int{def.AddColumn: 1, def.IgnoreColumn: 0} {
		core, logs := observer.New(zap.WarnLevel)
		ds := &def.Datasource{Name: "events", Import: &def.Import{OnNewColumn: policy}}
		a := &appender{partWriter: &partWriter{log: zap.New(core)}, job: &job{ds: ds}, file: plan.File{Key: "in/a.csv"}}
		a.warnOfUnknown(nil)
		a.warnOfUnknown([]string{"extra"})
		if logs.Len() != want {
			t.Errorf("%s: got %d warnings, want %d", policy, logs.Len(), want)
		}
	}
}
