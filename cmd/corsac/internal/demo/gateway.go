package demo

import (
	"net/http"
	"net/url"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cors"
)

// policy is all that the demo's gateway knows of CORS: one origin, the one method
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
	upstream, err := url.Parse(api)
	if err != nil {
		return nil, err
	}
	return config.Marshal(&config.Config{
		Policies: map[string]cors.Policy{"app": policy(page)},
		Gateway:  config.Gateway{Listen: listen, Routes: []config.Route{{Path: "/", Upstream: upstream, Policy: "app"}}},
	})
}

// newGateway returns the gateway that a configuration file describes.
func newGateway(file []byte) (http.Handler, error) {
	c, err := config.Parse("corsac.yaml", file)
	if err != nil {
		return nil, err
	}
	return gateway.New(c, gateway.Options{})
}
