package demo

import (
	"log/slog"
	"net/http"
	"net/url"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cors"
)

// policy returns the policy of the demo's gateway: one origin, the method and
// the header that browsers ask for, the response header that the page reads,
// and cookies. MaxAge is not set, to keep the file short.
func policy(page string) cors.Policy {
	return cors.Policy{
		AllowOrigins:     []string{page},
		AllowMethods:     []string{http.MethodPut},
		AllowHeaders:     []string{"Content-Type"},
		ExposeHeaders:    []string{"X-Total-Count"},
		AllowCredentials: true,
	}
}

// policyFile returns a configuration file for the demo's gateway, in the format
// of corsac serve. The gateway reads this text, so the page shows what is
// really in use.
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
func newGateway(file []byte, log *slog.Logger) (http.Handler, error) {
	c, err := config.Parse("corsac.yaml", file)
	if err != nil {
		return nil, err
	}
	return gateway.New(c, gateway.Options{Logger: log})
}
