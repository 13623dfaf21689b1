package def

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/longshore/longshore/pkg/fault"
)

// maxFile is the size of the largest project file, in bytes.
const maxFile = 4 << 20

// ReadFiles collects the files that make up the project in a folder, and those
// that look as if they were meant to: Parse names their mistake. Everything
// else, hidden folders included, is left alone. The error has kind Invalid for a
// file above 4 MiB, else that of fsys.
func ReadFiles(fsys fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(fsys, ".", func(p string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if p != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if _, ok := classify(p); !ok {
			return nil
		}
		files[p], err = readFile(fsys, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read project: %w", err)
	}
	return files, nil
}

func readFile(fsys fs.FS, p string) ([]byte, error) {
	info, err := fs.Stat(fsys, p)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fault.New(fault.Invalid, "%s has %d bytes, more than a project file may have", p, info.Size())
	}
	return fs.ReadFile(fsys, p)
}
