package demo

import (
	"net/http"

	"github.com/goccy/go-yaml"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cors"
)

// policy is all that the demo's gateway is told of CORS: one origin, the one method
// and the one header that browsers ask about, the one response header that the page
// wants, and cookies. MaxAge is not set, which keeps the file short.
func policy(page string) cors.Policy {
	return cors.Policy{
		AllowOrigins:     []string{page},
		AllowMethods:     []string{http.MethodPut},
		AllowHeaders:     []string{"Content-Type"},
		ExposeHeaders:    []string{"X-Total-Count"},
		AllowCredentials: true,
	}
}

// policyFile returns a configuration file for the demo's gateway, as corsac serve
// reads it. The gateway is made of this text, so that what the page shows is what is
// in use.
func policyFile(page, listen, api string) ([]byte, error) {
	type route struct {
		Path     string `yaml:"path"`
		Upstream string `yaml:"upstream"`
		Policy   string `yaml:"policy"`
	}
	type gateway struct {
		Listen string  `yaml:"listen"`
		Routes []route `yaml:"routes"`
	}
	return yaml.MarshalWithOptions(struct {
		Policies map[string]cors.Policy `yaml:"policies"`
		Gateway  gateway                `yaml:"gateway"`
	}{
		Policies: map[string]cors.Policy{"app": policy(page)},
		Gateway:  gateway{Listen: listen, Routes: []route{{Path: "/", Upstream: api, Policy: "app"}}},
	}, yaml.IndentSequence(true))
}

// newGateway returns the gateway that a configuration file describes.
func newGateway(file []byte) (http.Handler, error) {
	c, err := config.Parse("corsac.yaml", file)
	if err != nil {
		return nil, err
	}
	return gateway.New(c, gateway.Options{})
}
