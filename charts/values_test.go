package charts

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestDefaults(t *testing.T) {
	out := renderFile(t, "testdata/minimal.yaml")
	var names []string
	for _, deployment := range out.deployments {
		names = append(names, deployment.Name)
	}
	slices.Sort(names)
	want := []string{"my-longshore-backfill", "my-longshore-export", "my-longshore-ingest", "my-longshore-producer"}
	if !slices.Equal(names, want) {
		t.Errorf("got deployments %v, want %v", names, want)
	}
	if got := *find(t, out, "my-longshore-producer").Spec.Replicas; got != 2 {
		t.Errorf("got %d producers, want 2", got)
	}
	if got := find(t, out, "my-longshore-export").Spec.Template.Spec.Containers[0]; got.Image != "ghcr.io/longshore/worker:0.1.0" {
		t.Errorf("got image %s, want that of the chart's appVersion", got.Image)
	}
	if len(out.budgets) != 4 || len(out.services) != 1 || len(out.custom) != 0 || len(out.policies) != 0 {
		t.Errorf("got %d budgets, %d services, %d custom, %d policies, want 4, 1, 0, 0",
			len(out.budgets), len(out.services), len(out.custom), len(out.policies))
	}
	environment := variables(find(t, out, "my-longshore-producer").Spec.Template.Spec)
	for _, unset := range []string{"LONGSHORE_REDIS_PASSWORD", "LONGSHORE_S3_ACCESS_KEY", "LONGSHORE_S3_ENDPOINT", "LONGSHORE_SECRETS_DIR"} {
		if _, found := environment[unset]; found {
			t.Errorf("%s is set, although the values say nothing of it", unset)
		}
	}
	if !strings.Contains(out.notes, "longshore-api") {
		t.Errorf("the notes do not say where the token is:\n%s", out.notes)
	}
}

func TestProjectFilesKeepTheirPaths(t *testing.T) {
	out := renderFile(t, "testdata/minimal.yaml")
	if len(out.configMaps) != 1 {
		t.Fatalf("got %d config maps, want 1", len(out.configMaps))
	}
	paths := map[string]string{}
	for _, item := range find(t, out, "my-longshore-ingest").Spec.Template.Spec.Volumes[0].ConfigMap.Items {
		paths[item.Path] = out.configMaps[0].Data[item.Key]
	}
	if got, want := paths["connections/lake.connection"], "TYPE s3\nS3_REGION eu-west-1\n"; got != want {
		t.Errorf("got the connection %q, want %q", got, want)
	}
	if got, want := paths["syncs/orders.yaml"], "model: orders\n"; got != want {
		t.Errorf("got the sync %q, want %q", got, want)
	}
}

func TestEverythingSet(t *testing.T) {
	out := renderFile(t, "testdata/full.yaml")
	worker := find(t, out, "my-longshore-export").Spec.Template
	container := worker.Spec.Containers[0]
	environment := variables(worker.Spec)

	for name, want := range map[string]string{
		"LONGSHORE_QUEUES": "export=8", "LONGSHORE_REDIS_ADDR": "redis.internal:6380", "LONGSHORE_REDIS_USERNAME": "longshore",
		"LONGSHORE_REDIS_TLS": "true", "LONGSHORE_STATE_URI": "s3://state/longshore", "LONGSHORE_S3_PATH_STYLE": "true",
		"LONGSHORE_S3_ENDPOINT": "https://minio.internal:9000", "LONGSHORE_SHUTDOWN_TIMEOUT": "300s",
		"LONGSHORE_SECRETS_DIR": "/secrets", "LONGSHORE_LOG_LEVEL": "debug", "HTTPS_PROXY": "http://egress.internal:3128",
	} {
		if got := environment[name].Value; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if container.Image != "registry.example.com/data/worker:1.2.3" || container.ImagePullPolicy != corev1.PullAlways {
		t.Errorf("got image %s, %s", container.Image, container.ImagePullPolicy)
	}
	if len(container.EnvFrom) != 2 || container.EnvFrom[0].SecretRef.Name != "warehouse" {
		t.Errorf("got environment from %v, want the Secrets warehouse and lake", container.EnvFrom)
	}
	if got := container.Resources.Requests.Cpu().String(); got != "8" {
		t.Errorf("got %s CPUs, want the queue's own 8", got)
	}
	if worker.Annotations["example.com/team"] != "data" || worker.Labels["team"] != "data" {
		t.Errorf("got annotations %v and labels %v, want the team in both", worker.Annotations, worker.Labels)
	}
	if got := worker.Spec.Volumes[len(worker.Spec.Volumes)-1].EmptyDir.SizeLimit.String(); got != "100Gi" {
		t.Errorf("got %s of scratch, want the queue's own 100Gi", got)
	}
	if mode := worker.Spec.Volumes[1].Secret.DefaultMode; mode == nil || *mode != 0o440 {
		t.Errorf("the secret files have mode %v, want 0440: the group's and nobody else's", mode)
	}
	if got := out.accounts[0].Annotations["eks.amazonaws.com/role-arn"]; !strings.HasSuffix(got, "role/longshore") {
		t.Errorf("the service account has no role: %q", got)
	}
	if len(out.policies) != 2 || len(out.configMaps) != 0 {
		t.Errorf("got %d network policies and %d config maps, want 2 and 0", len(out.policies), len(out.configMaps))
	}
	producer := find(t, out, "my-longshore-producer").Spec.Template.Spec
	if token := variables(producer)["LONGSHORE_API_TOKEN"].ValueFrom.SecretKeyRef; token.Name != "api" || token.Key != "bearer" {
		t.Errorf("the token comes from %v, want api, bearer", token)
	}
	if len(producer.Tolerations) != 1 || producer.Affinity == nil || producer.NodeSelector["kubernetes.io/arch"] != "arm64" {
		t.Error("the producer's pods do not go where the values say")
	}
}

func TestAutoscale(t *testing.T) {
	out := renderFile(t, "testdata/autoscaled.yaml")
	if len(out.custom) != 1 || out.custom[0].GetKind() != "ScaledObject" {
		t.Fatalf("got %v, want one ScaledObject", out.custom)
	}
	scaled := out.custom[0]
	target := find(t, out, field(t, scaled, "spec", "scaleTargetRef", "name"))
	if target.Spec.Replicas != nil {
		t.Error("the deployment sets its replicas: each upgrade would undo what KEDA did")
	}
	triggers, _, err := unstructured.NestedSlice(scaled.Object, "spec", "triggers")
	if err != nil || len(triggers) != 1 {
		t.Fatalf("got %d triggers, %v, want 1", len(triggers), err)
	}
	metadata := triggers[0].(map[string]any)["metadata"].(map[string]any)
	if got, want := metadata["listName"], "asynq:{export}:pending"; got != want {
		t.Errorf("KEDA counts %v, want %v", got, want)
	}
	password, _ := metadata["passwordFromEnv"].(string)
	if _, found := variables(target.Spec.Template.Spec)[password]; !found {
		t.Errorf("KEDA takes its password from %q, which the container does not have", password)
	}
	if find(t, out, "my-longshore-ingest").Spec.Replicas == nil {
		t.Error("a queue without autoscale has no replicas")
	}
	if len(out.budgets) != 0 || len(out.accounts) != 0 {
		t.Errorf("got %d budgets and %d service accounts, want none: they are off", len(out.budgets), len(out.accounts))
	}
}

// TestRefusals wants mistakes to be told when the chart is rendered, not by pods that do not start.
func TestRefusals(t *testing.T) {
	const good = "state: { uri: 's3://b' }\nproducer: { tokenSecret: t }\nproject: { files: { longshore.yaml: '' } }\n"
	tests := []struct{ name, values, want string }{
		{"no state", "producer: { tokenSecret: t }\nproject: { files: { longshore.yaml: '' } }", "state.uri is required"},
		{"no token", "state: { uri: 's3://b' }\nproject: { files: { longshore.yaml: '' } }", "tokenSecret is required"},
		{"no project", "state: { uri: 's3://b' }\nproducer: { tokenSecret: t }", "project.files or project.configMap"},
		{"config map without paths", good + "project: { configMap: c }", "project.items is required"},
		{"misspelt", good + "shutdownSecond: 5", "shutdownSecond"},
		{"state on a disk", good + "state: { uri: '/var/lib' }", "state"},
		{"redis without port", good + "redis: { address: redis }", "redis"},
		{"no queues", good + "queues: []", "queues"},
		{"queue without replicas", good + "queues: [{ name: export, concurrency: 1 }]", "queues"},
		{"drain of no time", good + "shutdownSeconds: 0", "shutdownSeconds"},
	}
	if _, err := render(t, good); err != nil {
		t.Fatalf("without a mistake: %v", err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := render(t, test.values)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that names %q", err, test.want)
			}
		})
	}
}

func find(t *testing.T, out rendered, name string) *appsv1.Deployment {
	t.Helper()
	for _, deployment := range out.deployments {
		if deployment.Name == name {
			return deployment
		}
	}
	t.Fatalf("no deployment %s", name)
	return nil
}

func field(t *testing.T, of *unstructured.Unstructured, path ...string) string {
	t.Helper()
	text, found, err := unstructured.NestedString(of.Object, path...)
	if err != nil || !found {
		t.Fatalf("no %v: %v", path, err)
	}
	return text
}
