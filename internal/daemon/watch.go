package daemon

import (
	"context"
	"os"
	"time"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// watchEvery is how often the project's folder is looked at. Mounted ConfigMaps
// change by a symbolic link, which notifications miss.
const watchEvery = 5 * time.Second

// watch pushes the project in a folder whenever it differs from the definitions
// in force. A project with mistakes is logged, once for each set of mistakes,
// and the old definitions stay in force.
func watch(ctx context.Context, dir string, l *ledger.Ledger, log *zap.Logger) error {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	var complaint string
	for {
		switch err := push(ctx, dir, l, log); {
		case err == nil:
			complaint = ""
		case ctx.Err() == nil && err.Error() != complaint:
			complaint = err.Error()
			log.Error("project not pushed", zap.String("dir", dir), zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// push makes the folder's project the one in force, if it isn't.
func push(ctx context.Context, dir string, l *ledger.Ledger, log *zap.Logger) error {
	files, err := def.ReadFiles(os.DirFS(dir))
	if err != nil {
		return err
	}
	current, err := l.CurrentProject(ctx)
	if err != nil || same(files, current.Files) {
		return err
	}
	project, problems := def.Parse(files)
	if problems = append(problems, supported(project)...); len(problems) > 0 {
		return problems
	}
	saved, err := l.SaveProject(ctx, files, current.ID)
	if fault.Is(err, fault.Conflict) {
		return nil // another producer watches the same folder
	}
	if err == nil {
		log.Info("project pushed", zap.String("dir", dir), zap.String("version", string(saved.ID)))
	}
	return err
}

func same(a, b map[string][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for name, body := range a {
		if other, ok := b[name]; !ok || string(other) != string(body) {
			return false
		}
	}
	return true
}
