package def

import "path"

// Parse reads every file of a project. Keys are slash paths relative to the
// project folder, as ReadFiles returns them. It returns all mistakes of all
// files at once, sorted by file and line; the project is complete and
// consistent only when there are none. It is never nil, and what could be read
// is in it, for tools that show it.
func Parse(files map[string][]byte) (*Project, Problems) {
	p := &Project{
		Settings: defaultSettings(), Connections: map[string]*Connection{}, Datasources: map[string]*Datasource{},
		Models: map[string]*Model{}, Syncs: map[string]*Sync{},
	}
	r := projectReader{project: p, broken: map[Kind]map[string]bool{}, paths: map[string]string{}}
	if content, ok := files[settingsPath]; ok {
		p.Settings = parseSettings(&r.problems, content)
	}
	for _, name := range sortedKeys(files) {
		if f, ok := classify(path.Clean(name)); ok {
			r.read(f, files[name])
		}
	}
	l := linker{project: p, broken: r.broken, problems: &r.problems}
	l.link()
	r.problems.sort()
	return p, r.problems
}

// projectReader reads the files one after the other.
type projectReader struct {
	project  *Project
	problems Problems
	broken   map[Kind]map[string]bool // names whose file could not be read at all
	paths    map[string]string        // of each "kind name"
}

func (r *projectReader) read(f projectFile, content []byte) {
	at := Position{f.path, 1, 1}
	if f.mistake != "" {
		r.problems.add(at, f.remedy, "%s", f.mistake)
		r.markBroken(f)
		return
	}
	if f.kind == SettingsFile {
		return
	}
	if other, again := r.paths[string(f.kind)+" "+f.name]; again {
		r.problems.add(at, "remove or rename one of them", "the %s %s is defined in %s too", f.kind, f.name, other)
		return
	}
	r.paths[string(f.kind)+" "+f.name] = f.path
	checkName(&r.problems, at, f.kind, f.name)
	if !r.parse(f, content) {
		r.markBroken(f)
	}
}

// markBroken keeps a name from being reported as missing where it is used.
func (r *projectReader) markBroken(f projectFile) {
	if r.broken[f.kind] == nil {
		r.broken[f.kind] = map[string]bool{}
	}
	r.broken[f.kind][f.name] = true
}

// parse reads one file into the project. It is false when there is nothing to
// keep.
func (r *projectReader) parse(f projectFile, content []byte) bool {
	p, ps := r.project, &r.problems
	switch {
	case f.kind == ConnectionFile:
		return put(p.Connections, f.name, parseConnection(ps, f.path, f.name, content))
	case f.kind == DatasourceFile:
		return put(p.Datasources, f.name, parseDatasource(ps, f.path, f.name, content))
	case f.kind == SyncFile:
		return put(p.Syncs, f.name, parseSync(ps, f.path, f.name, content, p.Settings))
	case path.Ext(f.path) == ".sql":
		return put(p.Models, f.name, parseModelSQL(ps, f.path, f.name, content))
	}
	return put(p.Models, f.name, parseModelYAML(ps, f.path, f.name, content))
}

func put[T any](into map[string]*T, name string, v *T) bool {
	if v != nil {
		into[name] = v
	}
	return v != nil
}
