// Package charts tests the Helm chart: rendered with Helm's own engine, decoded strictly into Kubernetes' own types,
// so that a misspelt field fails here and not in a cluster.
package charts

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

// rendered is what the chart makes of one set of values.
type rendered struct {
	deployments []*appsv1.Deployment
	services    []*corev1.Service
	budgets     []*policyv1.PodDisruptionBudget
	configMaps  []*corev1.ConfigMap
	accounts    []*corev1.ServiceAccount
	policies    []*networkingv1.NetworkPolicy
	custom      []*unstructured.Unstructured // kinds that Kubernetes itself does not know
	notes       string
}

// valuesFiles are the sets of values under testdata; every general rule holds for each.
func valuesFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("got %d sets of values, %v, want three or more", len(files), err)
	}
	return files
}

func renderFile(t *testing.T, file string) rendered {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out, err := render(t, string(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// render is `helm template my ./longshore --values …`.
func render(t *testing.T, values string) (rendered, error) {
	t.Helper()
	loaded := load(t)
	given, err := chartutil.ReadValues([]byte(values))
	if err != nil {
		t.Fatal(err)
	}
	release := chartutil.ReleaseOptions{Name: "my", Namespace: "data", IsInstall: true}
	all, err := chartutil.ToRenderValues(loaded, given, release, nil) // checks values.schema.json
	if err != nil {
		return rendered{}, err
	}
	texts, err := engine.Render(loaded, all)
	if err != nil {
		return rendered{}, err
	}
	var out rendered
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if strings.HasSuffix(name, "NOTES.txt") {
			out.notes = texts[name]
			continue
		}
		out.decode(t, name, texts[name])
	}
	return out, nil
}

func load(t *testing.T) *chart.Chart {
	t.Helper()
	loaded, err := loader.Load("longshore")
	if err != nil {
		t.Fatal(err)
	}
	if err := loaded.Validate(); err != nil {
		t.Fatal(err)
	}
	return loaded
}

// decode adds the documents of one rendered file; an unknown or doubled field is an error.
func (r *rendered) decode(t *testing.T, name, text string) {
	t.Helper()
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme,
		json.SerializerOptions{Yaml: true, Strict: true})
	documents := yaml.NewYAMLReader(bufioReader(text))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if isEmpty(document) {
			continue
		}
		object, _, err := strict.Decode(document, nil, nil)
		if runtime.IsNotRegisteredError(err) {
			custom := &unstructured.Unstructured{}
			if err := yaml.UnmarshalStrict(document, &custom.Object); err != nil {
				t.Fatalf("%s: %v\n%s", name, err, document)
			}
			r.custom = append(r.custom, custom)
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, document)
		}
		r.add(t, object)
	}
}

func (r *rendered) add(t *testing.T, object runtime.Object) {
	t.Helper()
	switch object := object.(type) {
	case *appsv1.Deployment:
		r.deployments = append(r.deployments, object)
	case *corev1.Service:
		r.services = append(r.services, object)
	case *policyv1.PodDisruptionBudget:
		r.budgets = append(r.budgets, object)
	case *corev1.ConfigMap:
		r.configMaps = append(r.configMaps, object)
	case *corev1.ServiceAccount:
		r.accounts = append(r.accounts, object)
	case *networkingv1.NetworkPolicy:
		r.policies = append(r.policies, object)
	default:
		t.Fatalf("the chart made a %T, which no test looks at", object)
	}
}
