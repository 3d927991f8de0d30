package schema_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	apigateway "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	cloudfront "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	lambda "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	s3 "github.com/aws/aws-sdk-go-v2/service/s3/types"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	envoycors "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/cors/v3"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	_ "istio.io/api/label"                 // keeps the module, whose definitions are read
	_ "sigs.k8s.io/gateway-api/pkg/consts" // the same
	"sigs.k8s.io/yaml"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
)

// A check is how the snippet of a stack is read, and a mistake that it must
// find: text that is in the snippet for the reference policy, and what is written
// in its place.
type check struct {
	read         func(code string) error
	right, wrong string
}

var checks = map[string]check{
	"envoy": {readEnvoy, "allow_methods:", "allow_method:"},
	"istio": {func(code string) error {
		return resource("istio.io/api", "kubernetes/customresourcedefinitions.gen.yaml", "VirtualService", code)
	}, "exposeHeaders:", "exposedHeaders:"},
	"gateway-api": {func(code string) error {
		return resource("sigs.k8s.io/gateway-api", "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml", "HTTPRoute", code)
	}, "maxAge: 3600", "maxAge: 0"},
	"s3":               {strict[struct{ CORSRules []s3.CORSRule }], "AllowedOrigins", "Origins"},
	"r2":               {strict[[]s3.CORSRule], "MaxAgeSeconds", "MaxAge"},
	"cloudfront":       {strict[cloudfront.ResponseHeadersPolicyConfig], "AccessControlMaxAgeSec", "MaxAge"},
	"api-gateway-http": {strict[apigateway.Cors], "AllowOrigins", "AllowedOrigins"},
	"lambda-url":       {strict[lambda.Cors], "ExposeHeaders", "ExposedHeaders"},
	// corsac's own is read by its own parser, in the tests of package stacks.
	"corsac": {},
}

var reference = cors.Policy{
	AllowOrigins:     []string{"https://app.example.com", "https://*.example.org", "http://localhost:3000"},
	AllowMethods:     []string{"PUT", "DELETE"},
	AllowHeaders:     []string{"Authorization", "Content-Type", "X-Request-Id"},
	ExposeHeaders:    []string{"X-Total-Count"},
	AllowCredentials: true,
	MaxAge:           cors.CacheFor(3600e9),
}

var policies = map[string]*cors.Policy{
	"reference": &reference,
	"public":    {AllowOrigins: []string{"*"}, AllowHeaders: []string{"*"}},
	"single":    {AllowOrigins: []string{"https://app.example.com"}, AllowCredentials: true},
	"widest": {
		AllowOrigins: []string{"https://app.example.com", "http://localhost:*"}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"},
		AllowCredentials: true, MaxAge: cors.CacheFor(0),
	},
}

// TestSchemas reads the snippets of all stacks whose proof is a schema, as they
// are and with a mistake.
func TestSchemas(t *testing.T) {
	for _, s := range stacks.All() {
		c, ok := checks[s.Name]
		if (s.Proof == stacks.Schema) != ok {
			t.Errorf("%s: the proof is %s; is it checked here: %v", s.Name, s.Proof, ok)
		}
		if c.read == nil {
			continue
		}
		for name, p := range policies {
			code := s.Snippet(p).Code
			if err := c.read(code); err != nil {
				t.Errorf("%s, %s: %v in\n%s", s.Name, name, err, code)
			}
		}
		code := s.Snippet(&reference).Code
		wrong := strings.Replace(code, c.right, c.wrong, 1)
		if err := c.read(wrong); wrong == code || err == nil {
			t.Errorf("%s: %q for %q is not found", s.Name, c.wrong, c.right)
		}
	}
}

// strict reads JSON that must not have an unknown field.
func strict[T any](code string) error {
	d := json.NewDecoder(strings.NewReader(code))
	d.DisallowUnknownFields()
	return d.Decode(new(T))
}

// message reads JSON as a message of protocol buffers, and validates it.
func message(data []byte, into interface {
	proto.Message
	ValidateAll() error
},
) error {
	if err := protojson.Unmarshal(data, into); err != nil {
		return err
	}
	return into.ValidateAll()
}

// readEnvoy reads the filter, and the rest as part of a virtual host.
func readEnvoy(code string) error {
	at := max(0, strings.Index(code, "typed_per_filter_config:"))
	filters, err := yaml.YAMLToJSON([]byte(code[:at]))
	if err != nil {
		return err
	}
	var list []struct {
		Typed json.RawMessage `json:"typed_config"` //nolint:tagliatelle // as Envoy spells it
	}
	if err := json.Unmarshal(filters, &list); err != nil || len(list) != 1 {
		return fmt.Errorf("not one filter: %w", err)
	}
	var filter anypb.Any
	if err := protojson.Unmarshal(list[0].Typed, &filter); err != nil {
		return err
	}
	host, err := yaml.YAMLToJSON([]byte("name: api\ndomains: ['*']\n" + code[at:]))
	if err != nil {
		return err
	}
	var v route.VirtualHost
	if err := message(host, &v); err != nil {
		return err
	}
	var policy envoycors.CorsPolicy
	if err := v.GetTypedPerFilterConfig()["envoy.filters.http.cors"].UnmarshalTo(&policy); err != nil {
		return err
	}
	if len(policy.GetAllowOriginStringMatch()) == 0 {
		return errors.New("no origin")
	}
	return errors.Join(filter.UnmarshalTo(new(envoycors.Cors)), policy.ValidateAll())
}

// resource checks the spec of a resource against the custom resource definition
// in a file of a module.
func resource(module, file, kind, spec string) error {
	data, err := yaml.YAMLToJSONStrict([]byte("spec:\n  " + strings.ReplaceAll(spec, "\n", "\n  ")))
	if err != nil {
		return err
	}
	return object(module, file, kind, data)
}

// object checks an object in JSON, of which data has spec.
func object(module, file, kind string, data []byte) error {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), file))
	if err != nil {
		return err
	}
	definition, err := definitionOf(text, kind)
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("crd.json", definition); err != nil {
		return err
	}
	schema, err := compiler.Compile("crd.json")
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// definitionOf returns the schema of the first version of a kind in a file of
// custom resource definitions.
func definitionOf(text []byte, kind string) (any, error) {
	for doc := range bytes.SplitSeq(text, []byte("\n---\n")) {
		var crd struct {
			Spec struct {
				Names    struct{ Kind string }
				Versions []struct {
					Schema struct {
						OpenAPIV3Schema json.RawMessage `json:"openAPIV3Schema"`
					}
				}
			}
		}
		if err := yaml.Unmarshal(doc, &crd); err != nil {
			return nil, err
		}
		if crd.Spec.Names.Kind != kind {
			continue
		}
		schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(crd.Spec.Versions[0].Schema.OpenAPIV3Schema))
		if err != nil {
			return nil, err
		}
		closeObjects(schema)
		return schema, nil
	}
	return nil, fmt.Errorf("no definition of %s", kind)
}

// closeObjects forbids unknown properties in a schema, as API servers do with
// strict validation.
func closeObjects(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		for _, sub := range s {
			closeObjects(sub)
		}
		_, has := s["properties"].(map[string]any)
		if _, more := s["additionalProperties"]; has && !more && s["type"] == "object" {
			s["additionalProperties"] = false
		}
	case []any:
		for _, sub := range s {
			closeObjects(sub)
		}
	}
}
