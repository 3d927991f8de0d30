package matrix

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/generate"
	"github.com/corsac-dev/corsac/cors"
)

// trial is a policy with which servers are started.
type trial struct {
	name   string
	policy *cors.Policy
	// yaml is the policy as in corsac.yaml.
	yaml string
	// allowed are origins that the policy allows, refused those that a page can
	// have and it does not, forged what no browser sends.
	allowed, refused, forged []string
	// wide are headers that the policy allows, spelled as a person would.
	wide string
}

var trials = []trial{
	{
		name: "reference", policy: &generate.Reference,
		yaml: `{allow_origins: [https://app.example.com, "https://*.example.org", http://localhost:3000], allow_methods: [PUT, DELETE],
    allow_headers: [Authorization, Content-Type, X-Request-Id], expose_headers: [X-Total-Count], allow_credentials: true, max_age: 1h}`,
		allowed: []string{"https://app.example.com", "https://a.example.org", "https://a.b-c.example.org", "http://localhost:3000"},
		refused: append([]string{
			"https://example.org", "https://evilexample.org", "https://examplexorg", "https://a.examplexorg", "https://a.example.org.evil.example",
			"https://a.example.org:8443", "http://a.example.org", "https://localhost:3000", "http://localhost", "http://localhost:30001", "http://localhost.evil.example:3000",
		}, nearMisses...),
		forged: append([]string{"https://.example.org", "https://evil.example/.example.org", "https://evil.example#.example.org", "https://evil.example:.example.org", "https://a@b.example.org", "https://A.example.org"}, forgeries...),
		wide:   "Authorization, Content-Type",
	},
	{
		name: "public", policy: &cors.Policy{AllowOrigins: []string{"*"}}, yaml: `{allow_origins: ["*"]}`,
		allowed: []string{"https://any.example", "http://localhost:1", "null"},
	},
	{
		name: "single", policy: &cors.Policy{AllowOrigins: []string{"https://app.example.com"}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"Content-Type"}, AllowCredentials: true},
		yaml:    `{allow_origins: [https://app.example.com], allow_methods: [PUT], allow_headers: [Content-Type], allow_credentials: true}`,
		allowed: []string{"https://app.example.com"},
		refused: append([]string{"http://localhost:3000"}, nearMisses...), forged: forgeries,
		wide: "Content-Type",
	},
}

// nearMisses are much like https://app.example.com, and foreign.
var nearMisses = []string{
	"https://evil.example", "null", "http://app.example.com", "https://app.example.com:8443", "https://app.example.com.evil.example",
	"https://xapp.example.com", "https://app-example.com", "https://appxexample.com", "https://app.examplexcom", "https://x.app.example.com", "https://app.example.co",
}

// forgeries are what no browser sends, but others could.
var forgeries = []string{
	"https://app.example.com/", "https://app.example.com#", "https://evil@app.example.com", "https://app.example.com, https://evil.example",
	"HTTPS://app.example.com", "https://APP.example.com", "*",
}

// public reports whether everybody is allowed, so that nothing depends on Origin.
func (t *trial) public() bool { return t.policy.AllowOrigins[0] == "*" }

// trial returns a trial as far as a stack can express it: with patterns, or with
// what they stand for in the tests.
func (s *subject) trial(t *trial) *trial {
	if !s.exact || t.name != "reference" {
		return t
	}
	listed, policy := *t, *t.policy
	listed.policy = &policy
	policy.AllowOrigins = t.allowed
	listed.yaml = strings.Replace(t.yaml, `"https://*.example.org"`, "https://a.example.org, https://a.b-c.example.org", 1)
	return &listed
}
