package def

import "strings"

// Key is one key that a project file may have.
type Key struct {
	Kind Kind
	// Path names the key. In YAML, a.b is b in the object a, [] the elements of
	// a list, and * any name: channels.*.type, alerts[].when.
	Path    string
	Values  string // what may be given
	Default string // what holds when the key is absent; "required" when it must be given
	Meaning string
}

// Keys returns every key of every kind of project file, in the order of the
// documentation.
func Keys() []Key {
	var all []Key
	all = append(all, connectionKeys...)
	all = append(all, sqlKeys()...)
	all = append(all, datasourceKeys...)
	all = append(all, modelKeys...)
	all = append(all, syncKeys...)
	return append(all, settingsKeys...)
}

// keysOf returns the paths of a list of keys.
func keysOf(keys []Key) []string {
	paths := make([]string, len(keys))
	for i, k := range keys {
		paths[i] = k.Path
	}
	return paths
}

// childKeys returns the names that an object at a path of a YAML file may have.
// The empty path is the file itself.
func childKeys(keys []Key, path string) []string {
	var names []string
	for _, k := range keys {
		name, ok := k.Path, path == ""
		if path != "" {
			name, ok = strings.CutPrefix(k.Path, path+".")
		}
		if ok && !strings.ContainsAny(name, ".[") {
			names = append(names, name)
		}
	}
	return names
}
