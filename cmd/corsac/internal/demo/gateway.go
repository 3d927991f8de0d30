package demo

import (
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/goccy/go-yaml"

	"github.com/corsac-dev/corsac/cors"
)

type file struct {
	Policies map[string]cors.Policy `yaml:"policies"`
	Gateway  struct {
		Listen string `yaml:"listen"`
		Routes []route
	}
}

type route struct {
	Path     string
	Upstream string
	Policy   string
}

// policyFile is the configuration of the demo's gateway, as a file that corsac serve
// would read. The gateway is built from this text, so that what the page shows is
// what is in use.
func policyFile(page, listen, api string) ([]byte, error) {
	var f file
	f.Policies = map[string]cors.Policy{"app": {
		AllowOrigins:     []string{page},
		AllowMethods:     []string{http.MethodPut},
		AllowHeaders:     []string{"Content-Type"},
		ExposeHeaders:    []string{"X-Total-Count"},
		AllowCredentials: true,
	}}
	f.Gateway.Listen = listen
	f.Gateway.Routes = []route{{"/", api, "app"}}
	return yaml.Marshal(f)
}

func newGateway(text []byte) (http.Handler, func() error, error) {
	var f file
	if err := yaml.Unmarshal(text, &f); err != nil {
		return nil, nil, err
	}
	m, err := cors.New(f.Policies["app"])
	if err != nil {
		return nil, nil, err
	}
	u, err := url.Parse(f.Gateway.Routes[0].Upstream)
	if err != nil {
		return nil, nil, err
	}
	return m.Wrap(httputil.NewSingleHostReverseProxy(u)), func() error { return nil }, nil
}
