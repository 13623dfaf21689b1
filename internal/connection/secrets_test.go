package connection

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSecretsLookup(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "secrets")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"secrets/DB_PASSWORD": "from a file\r\n", "secrets/BOTH": "file", "OUTSIDE": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("BOTH", "environment")
	s := Secrets{Dir: folder}
	for _, tt := range []struct {
		name, want string
		found      bool
	}{
		{"DB_PASSWORD", "from a file", true},
		{"BOTH", "environment", true},
		{"NOWHERE_AT_ALL", "", false},
		{"../OUTSIDE", "", false},
		{"..", "", false},
	} {
		if got, found := s.Lookup(tt.name); got != tt.want || found != tt.found {
			t.Errorf("%s: got %q %v, want %q %v", tt.name, got, found, tt.want, tt.found)
		}
	}
	if _, found := (Secrets{}).Lookup("DB_PASSWORD"); found {
		t.Error("a secret was found without a folder")
	}
}
