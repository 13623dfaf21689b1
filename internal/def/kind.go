package def

import (
	"path"
	"strings"
)

// Kind is a kind of project file.
type Kind string

// The kinds of project files.
const (
	ConnectionFile Kind = "connection"
	DatasourceFile Kind = "datasource"
	ModelFile      Kind = "model"
	SyncFile       Kind = "sync"
	SettingsFile   Kind = "settings"
)

// settingsPath is the file of the project settings.
const settingsPath = "longshore.yaml"

// folder is where the files of a kind are and how they end.
type folder struct {
	name       string
	kind       Kind
	extensions []string
}

var folders = []folder{
	{"connections", ConnectionFile, []string{".connection"}},
	{"datasources", DatasourceFile, []string{".datasource"}},
	{"models", ModelFile, []string{".yaml", ".sql"}},
	{"syncs", SyncFile, []string{".yaml"}},
}

// projectFile is a path that is or was meant to be part of the project.
type projectFile struct {
	path    string
	kind    Kind
	name    string
	mistake string // why the path is wrong; empty when it is right
	remedy  string
}

// classify says what a path is to the project. It is false for files that are
// none of its business: a README, a script, a hidden file.
func classify(p string) (projectFile, bool) {
	for segment := range strings.SplitSeq(p, "/") {
		if strings.HasPrefix(segment, ".") {
			return projectFile{}, false
		}
	}
	dir, file := path.Split(p)
	dir = strings.TrimSuffix(dir, "/")
	if dir == "" {
		return classifyTop(file)
	}
	top, _, nested := strings.Cut(dir, "/")
	for _, f := range folders {
		if f.name == top {
			return f.classify(p, file, nested)
		}
	}
	return classifyStray(p, top, file)
}

func (f folder) classify(p, file string, nested bool) (projectFile, bool) {
	ext := path.Ext(file)
	out := projectFile{path: p, kind: f.kind, name: strings.TrimSuffix(file, ext)}
	right := false
	for _, e := range f.extensions {
		right = right || e == ext
	}
	switch {
	case right && nested:
		out.mistake, out.remedy = "project files are not nested", "move it to "+f.name+"/"+file
	case right:
	case isTypo(ext):
		out.mistake = "a " + string(f.kind) + " does not end in " + ext
		out.remedy = "rename it to " + f.name + "/" + out.name + oneOf(f.extensions)
	default:
		return projectFile{}, false
	}
	return out, true
}

func classifyTop(file string) (projectFile, bool) {
	if file == settingsPath {
		return projectFile{path: file, kind: SettingsFile}, true
	}
	if file == "longshore.yml" || file == "longshore.json" || file == "longshore.toml" {
		return projectFile{path: file, mistake: "the project settings are in " + settingsPath, remedy: "rename it"}, true
	}
	if f, ok := folderOf(path.Ext(file)); ok {
		return projectFile{path: file, mistake: "a " + string(f.kind) + " is in the folder " + f.name, remedy: "move it to " + f.name + "/" + file}, true
	}
	return projectFile{}, false
}

// classifyStray looks at files in folders that the project does not know.
func classifyStray(p, top, file string) (projectFile, bool) {
	ext := path.Ext(file)
	names := make([]string, len(folders))
	for i, f := range folders {
		names[i] = f.name
	}
	if f, ok := folderOf(ext); ok {
		return projectFile{path: p, mistake: "a " + string(f.kind) + " is in the folder " + f.name, remedy: "move it to " + f.name + "/" + file}, true
	}
	if near, ok := nearest(top, names); ok && (ext == ".yaml" || ext == ".sql" || ext == ".yml") {
		return projectFile{path: p, mistake: "the folder " + top + " is not read", remedy: "did you mean " + near + "/" + file + "?"}, true
	}
	return projectFile{}, false
}

// folderOf returns the folder of an extension that only project files have.
func folderOf(ext string) (folder, bool) {
	for _, f := range folders {
		if len(f.extensions) == 1 && f.extensions[0] == ext && ext != ".yaml" {
			return f, true
		}
	}
	return folder{}, false
}

// isTypo reports whether an extension in a folder of ours was meant for us.
func isTypo(ext string) bool {
	switch ext {
	case ".yml", ".yaml", ".json", ".toml", ".sql", ".connection", ".datasource", "":
		return true
	}
	_, near := nearest(ext, []string{".connection", ".datasource", ".yaml"})
	return near
}
