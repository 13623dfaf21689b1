package def

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

const referenceDoc = "../../docs/project-files.md"

var tables = regexp.MustCompile(`(?s)<!-- keys: (\w+) ?(\w*) -->\n.*?<!-- end -->`)

// keyTable returns the keys of a kind as the documentation has them. Of
// connections, prefix chooses S3 or one of the databases, TYPE is with S3.
func keyTable(kind Kind, prefix string) string {
	var b strings.Builder
	b.WriteString("| Key | Values | Default | Meaning |\n|---|---|---|---|\n")
	for _, k := range Keys() {
		if k.Kind == kind && (prefix == "" || strings.HasPrefix(k.Path, prefix+"_") || prefix == "S3" && k.Path == "TYPE") {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Path, k.Values, k.Default, k.Meaning)
		}
	}
	return b.String()
}

func TestDocumentationListsExactlyTheKeys(t *testing.T) {
	content, err := os.ReadFile(referenceDoc)
	if err != nil {
		t.Fatal(err)
	}
	listed := ""
	want := tables.ReplaceAllStringFunc(string(content), func(table string) string {
		m := tables.FindStringSubmatch(table)
		rows := keyTable(Kind(m[1]), m[2])
		listed += m[1] + "\n" + rows
		return strings.TrimSpace("<!-- keys: "+m[1]+" "+m[2]) + " -->\n" + rows + "<!-- end -->"
	})
	for _, k := range Keys() {
		if !strings.Contains(listed, "| `"+k.Path+"` |") {
			t.Errorf("no table of the documentation lists %s of a %s", k.Path, k.Kind)
		}
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(referenceDoc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(content) {
		t.Error("docs/project-files.md differs from the keys in the code: go test ./internal/def -update")
	}
}

func TestDocumentationListsTheVariables(t *testing.T) {
	content, err := os.ReadFile(referenceDoc)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range TemplateVariables() {
		if !strings.Contains(string(content), "| `{"+v+"}` |") {
			t.Errorf("the documentation does not list {%s}", v)
		}
	}
}

// parsed is everything that Parse says of a file.
func parsed(file, content string) string {
	p, problems := Parse(map[string][]byte{file: []byte(content)})
	text, _ := json.Marshal(p)
	return string(text) + "\n" + problems.Error()
}

// Every key of a line file changes what Parse says.
func TestEveryLineKeyIsRead(t *testing.T) {
	for _, k := range Keys() {
		file, base := "datasources/x.datasource", "SCHEMA >\n    a String\nIMPORT_FORMAT csv\n"
		switch {
		case k.Kind == ConnectionFile:
			kind, _, _ := strings.Cut(k.Path, "_")
			file, base = "connections/x.connection", "TYPE "+strings.ToLower(kind)+"\n"
		case k.Kind != DatasourceFile:
			continue
		}
		line := k.Path + " surely, wrong (\n"
		if k.Path == "SCHEMA" || k.Path == "IMPORT_FORMAT" || k.Path == "TYPE" {
			base = ""
		}
		if parsed(file, base) == parsed(file, base+line) {
			t.Errorf("%s of a %s is documented and not read", k.Path, k.Kind)
		}
	}
}

// Every key of a YAML file has values that it does not take.
func TestEveryYAMLKeyIsRead(t *testing.T) {
	files := map[Kind]string{ModelFile: "models/x.yaml", SyncFile: "syncs/x.yaml", SettingsFile: settingsPath}
	for _, k := range Keys() {
		file := files[k.Kind]
		if file == "" {
			continue
		}
		content := "[{}, []]"
		steps := strings.Split(k.Path, ".")
		for i := len(steps) - 1; i >= 0; i-- {
			name, list := strings.CutSuffix(steps[i], "[]")
			extra := ""
			switch path := strings.Join(steps[:i], "."); {
			case path == "alerts[]" && name == "above":
				extra = "when: duration, "
			case path == "channels.*" && name != "type":
				extra = "type: " + channelWith(name) + ", "
			}
			if name == "*" {
				name = "x"
			}
			content = fmt.Sprintf("{%s%s: %s}", extra, name, content)
			if list {
				content = strings.Replace(content, ": ", ": [", 1)
				content = content[:len(content)-1] + "]}"
			}
		}
		_, problems := Parse(map[string][]byte{file: []byte(content)})
		last := steps[len(steps)-1]
		found := false
		for _, p := range problems {
			found = found || strings.Contains(p.Message, last) && !strings.Contains(p.Message, "missing") && !strings.Contains(p.Message, "unknown key")
		}
		if !found {
			t.Errorf("%s of a %s takes any value: %s gives\n%v", k.Path, k.Kind, content, problems)
		}
	}
}

// channelWith returns a channel type that has an option.
func channelWith(option string) string {
	for _, t := range sortedKeys(map[string]bool{"slack": true, "pagerduty": true, "sms": true, "email": true, "webhook": true}) {
		if _, ok := channelOptions[ChannelType(t)][option]; ok {
			return t
		}
	}
	return ""
}
