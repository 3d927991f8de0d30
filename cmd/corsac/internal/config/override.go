package config

import (
	"net/url"

	"github.com/corsac-dev/corsac/cors"
)

// Of returns the configuration of a gateway for one server, with one policy, which is
// called flags.
func Of(upstream *url.URL, policy cors.Policy) *Config {
	return &Config{
		Policies: map[string]cors.Policy{"flags": policy},
		Gateway:  Gateway{Listen: DefaultListen, Routes: []Route{{Path: "/", Upstream: upstream, Policy: "flags"}}},
	}
}

// Override replaces the addresses of the gateway. "" replaces nothing. If there is a
// mistake, it returns the name of the address.
func (c *Config) Override(listen, admin string) (name string, mistake *Error) {
	for _, a := range []struct {
		name, value string
		to          *string
	}{{"listen", listen, &c.Gateway.Listen}, {"admin", admin, &c.Gateway.Admin}} {
		if a.value == "" {
			continue
		}
		if m := CheckListen(a.value); m != nil {
			return a.name, m
		}
		*a.to = a.value
	}
	return "", nil
}
