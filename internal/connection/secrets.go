package connection

import (
	"os"
	"path/filepath"
	"strings"
)

// Secrets finds secrets by name: in the environment, else as files of a folder,
// as Kubernetes mounts them.
type Secrets struct {
	// Dir is the folder; empty leaves only the environment.
	Dir string
}

// Lookup returns a secret. The end of a file's last line isn't part of it.
func (s Secrets) Lookup(name string) (string, bool) {
	if v, ok := os.LookupEnv(name); ok {
		return v, true
	}
	if s.Dir == "" || name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return "", false
	}
	body, err := os.ReadFile(filepath.Join(s.Dir, name))
	if err != nil {
		return "", false
	}
	return strings.TrimRight(string(body), "\r\n"), true
}
