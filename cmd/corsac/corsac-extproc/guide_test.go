package main

import (
	"os"
	"strings"
	"testing"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_proc/v3" // the types in the guide
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	"github.com/goccy/go-yaml"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protopath"
	"google.golang.org/protobuf/reflect/protorange"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/corsac-dev/corsac/cmd/corsac/corsac-extproc/internal/extproc"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

// blocks returns the YAML in the guide.
func blocks(t *testing.T) (list []string) {
	t.Helper()
	page, err := os.ReadFile("../../../docs/guide/envoy.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(page), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(part, "```")
		list = append(list, text)
	}
	return list
}

// TestGuide checks the configurations in the guide: that of corsac as the program does,
// and those of Envoy field by field and by Envoy's own rules.
func TestGuide(t *testing.T) {
	list := blocks(t)
	if len(list) != 6 {
		t.Fatalf("%d blocks of YAML", len(list))
	}
	c, err := config.Parse("corsac.yaml", []byte(list[0]))
	if err != nil || c.NeedExtProc() != nil {
		t.Errorf("corsac.yaml: %v", err)
	}
	if err := read(list[1], &bootstrapv3.Bootstrap{}); err != nil {
		t.Errorf("Envoy: %v", err)
	}
	if !strings.Contains(list[1], c.Gateway.ExtProc[strings.LastIndexByte(c.Gateway.ExtProc, ':')+1:]) {
		t.Error("Envoy asks at another port")
	}
	if err := read("name: all\ndomains: ['*']\n"+list[2], &routev3.VirtualHost{}); err != nil {
		t.Errorf("routes of Envoy: %v", err)
	}
	if err := read(istioFilter(t, list[3]), &hcmv3.HttpFilter{}); err != nil {
		t.Errorf("Istio: %v", err)
	}
	for _, i := range []int{1, 3, 4} {
		if !strings.Contains(list[i], "["+extproc.SourceAddress+"]") {
			t.Errorf("Envoy does not send the address of the client:\n%s", list[i])
		}
	}
}

// TestGuideBites checks that mistakes in such configurations are found.
func TestGuideBites(t *testing.T) {
	right := blocks(t)[1]
	for _, change := range [][2]string{
		{"message_timeout:", "timeout:"},
		{"request_header_mode: SEND", "request_header_mode: BUFFERED"},
		{"stat_prefix: public", `stat_prefix: ""`},
		{"message_timeout: 0.5s", "message_timeout: -1s"},
		{"filters.http.router.v3.Router", "filters.http.router.v4.Router"},
		{"cluster_name: corsac}", `cluster_name: ""}`},
	} {
		wrong := strings.Replace(right, change[0], change[1], 1)
		if wrong == right || read(wrong, &bootstrapv3.Bootstrap{}) == nil {
			t.Errorf("%q for %q is not a mistake", change[1], change[0])
		}
	}
}

// istioFilter returns the filter in an EnvoyFilter, as YAML.
func istioFilter(t *testing.T, text string) string {
	t.Helper()
	var object struct {
		Spec struct {
			ConfigPatches []struct {
				Patch struct {
					Value any `yaml:"value"`
				} `yaml:"patch"`
			} `yaml:"configPatches"`
		} `yaml:"spec"`
	}
	if err := yaml.Unmarshal([]byte(text), &object); err != nil || len(object.Spec.ConfigPatches) != 1 {
		t.Fatalf("%v, %+v", err, object)
	}
	value, err := yaml.Marshal(object.Spec.ConfigPatches[0].Patch.Value)
	if err != nil {
		t.Fatal(err)
	}
	return string(value)
}

// read reads YAML into a message, and checks it and all messages in it.
func read(text string, into proto.Message) error {
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return err
	}
	if err := protojson.Unmarshal(data, into); err != nil {
		return err
	}
	return protorange.Range(into.ProtoReflect(), func(p protopath.Values) error {
		m, ok := p.Index(-1).Value.Interface().(protoreflect.Message)
		if !ok {
			return nil
		}
		if rules, ok := m.Interface().(interface{ ValidateAll() error }); ok {
			return rules.ValidateAll()
		}
		return nil
	})
}
