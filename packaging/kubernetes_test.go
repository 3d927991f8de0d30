// Package packaging_test checks the files for Docker and Kubernetes. Those for
// Prometheus are tested where corsac serve is, and those for systemd beside the program.
package packaging_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/policyfile"
)

// objects are the manifests of one application.
type objects struct {
	configs     map[string]*corev1.ConfigMap
	deployments []*appsv1.Deployment
	services    []*corev1.Service
	scalers     []*autoscalingv2.HorizontalPodAutoscaler
	budgets     []*policyv1.PodDisruptionBudget
	networks    []*networkingv1.NetworkPolicy
}

// decode decodes a document into the type of its kind. A field that the type does not
// have is a mistake.
func (o *objects) decode(t *testing.T, document []byte) {
	t.Helper()
	var meta struct{ APIVersion, Kind string }
	if err := yaml.Unmarshal(document, &meta); err != nil {
		t.Fatal(err)
	}
	var to any
	switch meta.APIVersion + " " + meta.Kind {
	case "v1 ConfigMap":
		c := &corev1.ConfigMap{}
		defer func() { o.configs[c.Name] = c }()
		to = c
	case "apps/v1 Deployment":
		to = appended(&o.deployments)
	case "v1 Service":
		to = appended(&o.services)
	case "autoscaling/v2 HorizontalPodAutoscaler":
		to = appended(&o.scalers)
	case "policy/v1 PodDisruptionBudget":
		to = appended(&o.budgets)
	case "networking.k8s.io/v1 NetworkPolicy":
		to = appended(&o.networks)
	default:
		t.Fatalf("unknown kind %+v", meta)
	}
	if err := yaml.UnmarshalStrict(document, to); err != nil {
		t.Errorf("%s: %v", meta.Kind, err)
	}
}

func appended[T any](list *[]*T) *T {
	*list = append(*list, new(T))
	return (*list)[len(*list)-1]
}

// manifests returns those of the gateway, of the sidecar and of the server for Envoy.
func manifests(t *testing.T) map[string]*objects {
	t.Helper()
	files, err := filepath.Glob("kubernetes/*.yaml")
	if err != nil || len(files) < 8 {
		t.Fatalf("%q, %v", files, err)
	}
	all := map[string]*objects{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		if name != "sidecar" && name != "extproc" {
			name = "gateway"
		}
		if all[name] == nil {
			all[name] = &objects{configs: map[string]*corev1.ConfigMap{}}
		}
		for document := range bytes.SplitSeq(read(t, file), []byte("\n---\n")) {
			all[name].decode(t, document)
		}
	}
	return all
}

// TestKubernetes checks that the manifests fit together.
func TestKubernetes(t *testing.T) {
	for name, o := range manifests(t) {
		t.Run(name, func(t *testing.T) {
			if len(o.deployments) != 1 || len(o.services) != 1 || len(o.configs) != 1 || len(o.networks) != 1 {
				t.Fatalf("%+v", o)
			}
			d := o.deployments[0]
			o.checkSelectors(t, d)
			checkPod(t, &d.Spec.Template.Spec, o.configs)
			for _, c := range o.configs {
				checkPolicies(t, c.Data["corsac.yaml"])
			}
		})
	}
}

func (o *objects) checkSelectors(t *testing.T, d *appsv1.Deployment) {
	t.Helper()
	labels := d.Spec.Template.Labels
	selects := func(what string, selector map[string]string) {
		for key, value := range selector {
			if labels[key] != value {
				t.Errorf("%s selects %s=%s; pods have %v", what, key, value, labels)
			}
		}
		if len(selector) == 0 {
			t.Errorf("%s selects everything", what)
		}
	}
	selects("the deployment", d.Spec.Selector.MatchLabels)
	selects("the service", o.services[0].Spec.Selector)
	ports := portsOf(&d.Spec.Template.Spec)
	for _, p := range o.services[0].Spec.Ports {
		if to := p.TargetPort.StrVal; to != p.Name || to == "admin" || ports[to] == 0 {
			t.Errorf("the service leads to port %s of %v", to, ports)
		}
	}
	for _, s := range o.scalers {
		if s.Spec.ScaleTargetRef.Kind != "Deployment" || s.Spec.ScaleTargetRef.Name != d.Name || d.Spec.Replicas != nil || *s.Spec.MinReplicas < 2 {
			t.Errorf("the autoscaler scales %+v from %d", s.Spec.ScaleTargetRef, *s.Spec.MinReplicas)
		}
	}
	for _, b := range o.budgets {
		selects("the budget", b.Spec.Selector.MatchLabels)
	}
	for _, n := range o.networks {
		selects("the network policy", n.Spec.PodSelector.MatchLabels)
		for _, rule := range n.Spec.Ingress {
			if p := rule.Ports[0].Port.StrVal; ports[p] == 0 || p != "http" && len(rule.From) == 0 {
				t.Errorf("the network policy opens %s of %v to %v", p, ports, rule.From)
			}
		}
	}
}

func containers(pod *corev1.PodSpec) []corev1.Container {
	return slices.Concat(pod.InitContainers, pod.Containers)
}

func portsOf(pod *corev1.PodSpec) map[string]int32 {
	ports := map[string]int32{}
	for _, c := range containers(pod) {
		for _, p := range c.Ports {
			ports[p.Name] = p.ContainerPort
		}
	}
	return ports
}

// checkPod checks what a pod may do, and that its gateway has its file and is asked at
// the right port.
func checkPod(t *testing.T, pod *corev1.PodSpec, configs map[string]*corev1.ConfigMap) {
	t.Helper()
	if s := pod.SecurityContext; s == nil || !*s.RunAsNonRoot || *s.RunAsUser == 0 || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault || *pod.AutomountServiceAccountToken {
		t.Errorf("the pod may do too much: %+v", s)
	}
	gateways := 0
	for _, c := range containers(pod) {
		s := c.SecurityContext
		if s == nil || *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) {
			t.Errorf("%s may do too much: %+v", c.Name, s)
		}
		if _, tag, ok := strings.Cut(c.Image, ":"); !ok || tag == "latest" || c.Resources.Requests.Cpu().IsZero() || c.Resources.Limits.Memory().IsZero() {
			t.Errorf("%s: image %s, resources %v", c.Name, c.Image, c.Resources)
		}
		if c.Name == "corsac" || c.Name == "corsac-extproc" {
			gateways++
			checkGateway(t, pod, &c, configs)
		}
	}
	if gateways != 1 {
		t.Errorf("%d gateways", gateways)
	}
}

func checkGateway(t *testing.T, pod *corev1.PodSpec, c *corev1.Container, configs map[string]*corev1.ConfigMap) {
	t.Helper()
	for what, probe := range map[string]*corev1.Probe{"/readyz": c.ReadinessProbe, "/healthz": c.LivenessProbe} {
		if g := probe.HTTPGet; g.Path != what || g.Port.StrVal != "admin" {
			t.Errorf("%s is asked at %+v", what, g)
		}
	}
	mount, volume := c.VolumeMounts[0], pod.Volumes[0]
	file := c.Args[slices.Index(c.Args, "-c")+1]
	config := configs[volume.ConfigMap.Name]
	if mount.Name != volume.Name || mount.SubPath != "" || config == nil || filepath.Dir(file) != mount.MountPath || config.Data[filepath.Base(file)] == "" {
		t.Fatalf("%s is not in %+v of %+v", file, mount, volume)
	}
	checkStop(t, pod, c)
	var said struct {
		Gateway struct {
			Listen  string
			Admin   string
			ExtProc string `json:"ext_proc"`
			Log     struct {
				To string
			} `json:"access_log"`
			TLS *struct{ ACME any }
		}
	}
	if err := yaml.Unmarshal([]byte(config.Data[filepath.Base(file)]), &said); err != nil {
		t.Fatal(err)
	}
	if g := said.Gateway; g.Log.To != "stdout" || g.TLS != nil && g.TLS.ACME != nil {
		t.Errorf("the access log goes to %s, and acme is %v; nothing can be written", g.Log.To, g.TLS)
	}
	addresses := map[string]string{"http": said.Gateway.Listen, "grpc": said.Gateway.ExtProc, "admin": said.Gateway.Admin}
	for name, port := range portsOf(pod) {
		if addresses[name] != fmt.Sprintf(":%d", port) {
			t.Errorf("port %s is %d, and the file has %v", name, port, addresses)
		}
	}
}

// checkStop checks that a pod has the time to stop. Its endpoints go while it begins to, so
// what takes requests must go on for a while: the gateway by --unready, and an application
// behind it by a hook. A gateway that is an init container gets its signal when the
// application has stopped.
func checkStop(t *testing.T, pod *corev1.PodSpec, gateway *corev1.Container) {
	t.Helper()
	duration := func(flag string) (d time.Duration) {
		if i := slices.Index(gateway.Args, flag); i >= 0 {
			var err error
			if d, err = time.ParseDuration(gateway.Args[i+1]); err != nil {
				t.Error(err)
			}
		}
		return d
	}
	goesOn, within := duration("--unready"), duration("--unready")+duration("--drain")
	if gateway.RestartPolicy != nil {
		goesOn = 0
		for _, c := range pod.Containers {
			if c.Lifecycle != nil && c.Lifecycle.PreStop != nil && c.Lifecycle.PreStop.Sleep != nil {
				goesOn = time.Duration(c.Lifecycle.PreStop.Sleep.Seconds) * time.Second
			}
		}
		within += goesOn + appStops
	}
	if goesOn < 5*time.Second || duration("--drain") == 0 {
		t.Errorf("requests are taken for %v more, and have %v to finish", goesOn, duration("--drain"))
	}
	if grace := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second; grace <= within {
		t.Errorf("%v to stop, and that may take %v", grace, within)
	}
}

// appStops is what the manifest leaves to an application for its own requests.
const appStops = 20 * time.Second

// checkPolicies reads the policies of a file. The tests of the program read the rest.
func checkPolicies(t *testing.T, text string) {
	t.Helper()
	policies, err := policyfile.Parse([]byte(text))
	if err != nil || len(policies) == 0 {
		t.Fatalf("%v in\n%s", err, text)
	}
	for name, p := range policies {
		if _, err := cors.New(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
