package cli

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// example is the project that init makes.
//
//go:embed project
var example embed.FS

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Make a project folder with an example of each file",
		Long:  "Make a project folder with an example of each file. Nothing is overwritten: if one of the files exists, none is written.",
		Example: `  longshore init shop
  cd shop && longshore push --dry-run`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.init(dirOf(args)) },
	}
}

// dirOf is the folder that was given, else the current one.
func dirOf(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

type initResult struct {
	Dir   string   `json:"dir"`
	Files []string `json:"files"`
}

func (a *app) init(dir string) error {
	tree, err := fs.Sub(example, "project")
	if err != nil {
		return fail(Invalid, "examples: %w", err)
	}
	var paths, there []string
	err = fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		paths = append(paths, path)
		if _, err := os.Lstat(filepath.Join(dir, path)); !errors.Is(err, fs.ErrNotExist) {
			there = append(there, path)
		}
		return nil
	})
	if err != nil {
		return fail(Invalid, "examples: %w", err)
	}
	if len(there) > 0 {
		return fail(Invalid, "%s has %s already; nothing was written", dir, strings.Join(there, ", "))
	}
	slices.Sort(paths)
	for _, path := range paths {
		body, err := fs.ReadFile(tree, path)
		if err == nil {
			err = writeNew(filepath.Join(dir, path), body)
		}
		if err != nil {
			return err
		}
	}
	return a.show(initResult{dir, paths}, func(w io.Writer) {
		for _, path := range paths {
			fmt.Fprintln(w, "wrote", filepath.Join(dir, path))
		}
		fmt.Fprintf(w, "\nNext: change the files, then  longshore push --dry-run %s\n", dir)
	})
}

// writeNew writes a file that doesn't exist yet, and its folders. Others can't
// read it: it may get a secret.
func writeNew(path string, body []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fail(Invalid, "make folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fail(Invalid, "%s exists already; nothing was written", path)
	}
	if err != nil {
		return fail(Invalid, "write: %w", err)
	}
	_, err = f.Write(body)
	if err := errors.Join(err, f.Close()); err != nil {
		return fail(Invalid, "write: %w", err)
	}
	return nil
}
