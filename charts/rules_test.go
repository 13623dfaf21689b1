package charts

import (
	"bufio"
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// drainReserve is what the grace period has beyond the daemon's own limit: time for the process to exit.
const drainReserve = 10 * time.Second

// TestEveryPod checks what must hold for each Deployment under every set of values.
func TestEveryPod(t *testing.T) {
	for _, file := range valuesFiles(t) {
		t.Run(file, func(t *testing.T) {
			out := renderFile(t, file)
			if len(out.deployments) < 2 {
				t.Fatalf("got %d deployments, want the producer and a worker at least", len(out.deployments))
			}
			for _, deployment := range out.deployments {
				t.Run(deployment.Name, func(t *testing.T) {
					pod := deployment.Spec.Template.Spec
					checkSelector(t, deployment)
					checkDrain(t, pod)
					checkPrivileges(t, pod)
					checkProbes(t, pod)
					checkEnvironment(t, pod)
					checkMounts(t, pod)
				})
			}
			checkSelectorsTellApart(t, out)
			checkReferences(t, out)
		})
	}
}

func checkSelector(t *testing.T, deployment *appsv1.Deployment) {
	t.Helper()
	if !selects(t, deployment.Spec.Selector, deployment.Spec.Template.Labels) {
		t.Errorf("selector %v does not match its own pods' labels %v", deployment.Spec.Selector.MatchLabels, deployment.Spec.Template.Labels)
	}
	for _, changing := range []string{"helm.sh/chart", "app.kubernetes.io/version"} {
		if _, found := deployment.Spec.Selector.MatchLabels[changing]; found {
			t.Errorf("the selector holds %s, which changes from version to version; a selector can't", changing)
		}
	}
}

// checkDrain holds the two ends of a drain together: asynq must be done before Kubernetes loses its patience.
func checkDrain(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	text := variables(pod)["LONGSHORE_SHUTDOWN_TIMEOUT"].Value
	timeout, err := time.ParseDuration(text)
	if err != nil || timeout <= 0 {
		t.Fatalf("LONGSHORE_SHUTDOWN_TIMEOUT is %q, want a duration", text)
	}
	if pod.TerminationGracePeriodSeconds == nil {
		t.Fatal("the pod has no grace period")
	}
	grace := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second
	if grace != timeout+drainReserve {
		t.Errorf("the grace period is %v and the shutdown timeout %v, want %v between them", grace, timeout, drainReserve)
	}
}

func checkPrivileges(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	if pod.SecurityContext == nil || pod.SecurityContext.RunAsNonRoot == nil || !*pod.SecurityContext.RunAsNonRoot {
		t.Error("the pod may run as root")
	}
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		t.Error("the pod gets a token of the Kubernetes API, which it has no use for")
	}
	for _, container := range pod.Containers {
		security := container.SecurityContext
		switch {
		case security == nil:
			t.Errorf("container %s has no security context", container.Name)
		case security.ReadOnlyRootFilesystem == nil || !*security.ReadOnlyRootFilesystem:
			t.Errorf("container %s can write its root file system", container.Name)
		case security.AllowPrivilegeEscalation == nil || *security.AllowPrivilegeEscalation:
			t.Errorf("container %s may gain privileges", container.Name)
		case security.Capabilities == nil || !slices.Contains(security.Capabilities.Drop, "ALL"):
			t.Errorf("container %s keeps capabilities", container.Name)
		}
		if container.Resources.Requests.Cpu().IsZero() {
			t.Errorf("container %s requests no CPU", container.Name)
		}
	}
}

func checkProbes(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	container := pod.Containers[0]
	for path, probe := range map[string]*corev1.Probe{"/healthz": container.LivenessProbe, "/readyz": container.ReadinessProbe} {
		if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != path {
			t.Errorf("want a probe of %s", path)
			continue
		}
		if !slices.ContainsFunc(container.Ports, func(p corev1.ContainerPort) bool { return p.Name == probe.HTTPGet.Port.String() }) {
			t.Errorf("%s is probed at port %v, which the container does not name", path, probe.HTTPGet.Port)
		}
	}
}

func checkEnvironment(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	container := pod.Containers[0]
	set := variables(pod)
	if len(set) != len(container.Env) {
		t.Errorf("a variable is set twice: %d names, %d variables", len(set), len(container.Env))
	}
	want := []string{"LONGSHORE_REDIS_ADDR", "LONGSHORE_REDIS_TLS", "LONGSHORE_STATE_URI", "LONGSHORE_S3_REGION",
		"LONGSHORE_S3_PATH_STYLE", "LONGSHORE_PROJECT_DIR", "LONGSHORE_SHUTDOWN_TIMEOUT", "LONGSHORE_LOG_LEVEL"}
	listen := map[string]string{"producer": "LONGSHORE_LISTEN", "worker": "LONGSHORE_HEALTH_LISTEN"}[container.Name]
	if container.Name == "producer" {
		want = append(want, listen, "LONGSHORE_API_TOKEN")
	} else {
		want = append(want, listen, "LONGSHORE_QUEUES")
	}
	for _, name := range want {
		if _, found := set[name]; !found {
			t.Errorf("%s is not set", name)
		}
	}
	if port := ":" + strconv.Itoa(int(container.Ports[0].ContainerPort)); set[listen].Value != port {
		t.Errorf("%s is %q, but the container's port is %s", listen, set[listen].Value, port)
	}
	for _, secret := range []string{"LONGSHORE_REDIS_PASSWORD", "LONGSHORE_S3_ACCESS_KEY", "LONGSHORE_S3_SECRET", "LONGSHORE_API_TOKEN"} {
		variable, found := set[secret]
		if found && (variable.ValueFrom == nil || variable.ValueFrom.SecretKeyRef == nil) {
			t.Errorf("%s does not come from a Secret", secret)
		}
	}
}

// checkMounts wants the project where the daemon looks for it, read-only, and every mount to have its volume.
func checkMounts(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	volumes := map[string]corev1.Volume{}
	for _, volume := range pod.Volumes {
		volumes[volume.Name] = volume
	}
	readOnly := map[string]bool{}
	for _, mount := range pod.Containers[0].VolumeMounts {
		if _, found := volumes[mount.Name]; !found {
			t.Errorf("mount %s has no volume", mount.Name)
		}
		readOnly[mount.MountPath] = mount.ReadOnly
	}
	if len(volumes) != len(readOnly) {
		t.Errorf("got %d volumes and %d mounts, want as many", len(volumes), len(readOnly))
	}
	for _, name := range []string{"LONGSHORE_PROJECT_DIR", "LONGSHORE_SECRETS_DIR"} {
		if variable, set := variables(pod)[name]; set && !readOnly[variable.Value] {
			t.Errorf("%s is %q, where nothing is mounted read-only", name, variable.Value)
		}
	}
	if writable, found := readOnly["/tmp"]; !found || writable {
		t.Error("there is no /tmp to write to")
	}
}

// checkSelectorsTellApart finds Deployments that would take over each other's pods, and budgets and services that
// select none or the wrong ones.
func checkSelectorsTellApart(t *testing.T, out rendered) {
	t.Helper()
	for _, one := range out.deployments {
		for _, other := range out.deployments {
			if one != other && selects(t, one.Spec.Selector, other.Spec.Template.Labels) {
				t.Errorf("%s selects the pods of %s", one.Name, other.Name)
			}
		}
	}
	for _, budget := range out.budgets {
		if got := selected(t, out, budget.Spec.Selector); len(got) != 1 || got[0] != budget.Name {
			t.Errorf("disruption budget %s selects the pods of %v, want its own", budget.Name, got)
		}
	}
	for _, service := range out.services {
		got := selected(t, out, &metav1.LabelSelector{MatchLabels: service.Spec.Selector})
		if len(got) != 1 || got[0] != "my-longshore-producer" {
			t.Errorf("service %s selects the pods of %v, want the producer's", service.Name, got)
		}
	}
}

// checkReferences wants what pods name to be there, unless the values say that it exists already.
func checkReferences(t *testing.T, out rendered) {
	t.Helper()
	for _, made := range out.configMaps {
		for _, deployment := range out.deployments {
			source := deployment.Spec.Template.Spec.Volumes[0].ConfigMap
			if source == nil || source.Name != made.Name {
				t.Errorf("%s does not mount %s", deployment.Name, made.Name)
				continue
			}
			for _, item := range source.Items {
				if _, found := made.Data[item.Key]; !found {
					t.Errorf("%s mounts the key %s, which %s does not have", deployment.Name, item.Key, made.Name)
				}
			}
		}
	}
	for _, account := range out.accounts {
		for _, deployment := range out.deployments {
			if got := deployment.Spec.Template.Spec.ServiceAccountName; got != account.Name {
				t.Errorf("%s runs as %s, want %s", deployment.Name, got, account.Name)
			}
		}
	}
}

// selected names the deployments whose pods a selector selects.
func selected(t *testing.T, out rendered, selector *metav1.LabelSelector) (names []string) {
	t.Helper()
	for _, deployment := range out.deployments {
		if selects(t, selector, deployment.Spec.Template.Labels) {
			names = append(names, deployment.Name)
		}
	}
	return names
}

func selects(t *testing.T, selector *metav1.LabelSelector, of map[string]string) bool {
	t.Helper()
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Matches(labels.Set(of))
}

// variables are the first container's, by name.
func variables(pod corev1.PodSpec) map[string]corev1.EnvVar {
	set := map[string]corev1.EnvVar{}
	for _, variable := range pod.Containers[0].Env {
		set[variable.Name] = variable
	}
	return set
}

func bufioReader(text string) *bufio.Reader { return bufio.NewReader(strings.NewReader(text)) }

// isEmpty reports whether a document holds nothing but comments.
func isEmpty(document []byte) bool {
	for line := range bytes.Lines(document) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && !bytes.Equal(line, []byte("---")) {
			return false
		}
	}
	return true
}
