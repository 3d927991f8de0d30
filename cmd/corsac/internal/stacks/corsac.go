package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/policyfile"
)

var _ = register(&Stack{
	Name:    "corsac",
	Aliases: []string{"corsac-serve", "gateway"},
	Title:   "corsac serve",
	Layer:   Proxy,
	BuiltOn: []string{"go"}, OwnsCORS: true,
	Proof: Schema, Holds: holdsAll,
	Why: "It is the policy itself: corsac serve runs it before an upstream.",
	Signs: []Sign{
		bodyLike(finding.Certain, `^\{"status":[0-9]{3},"code":"[a-z-]+","error":".*","fix":".*"\}$`, "the JSON of an error of corsac serve"),
	},
	Projects: []Project{{File: "corsac.yaml"}, {File: "corsac.yml"}},
	Snippet: func(p *cors.Policy) Snippet {
		s := Snippet{
			File:  "corsac.yaml",
			Place: "in place of the policy of this route; corsac validate checks the file",
		}
		clean := *p
		if p.AllowOriginFunc != nil {
			clean.AllowOriginFunc = nil
			s.lose(insteadCode, "It leaves out the origins that a function of the policy allows.")
		}
		text, err := policyfile.Marshal(map[string]cors.Policy{"app": clean})
		if err != nil { // the policy is not valid
			text = []byte("policies: {}\n")
			s.lose("Correct the policy.", "A file cannot have this policy: corsac validate says why.")
		}
		s.Code = strings.TrimSuffix(string(text), "\n")
		return s
	},
	Advice: map[string]Advice{
		"origin-not-allowed":         {Text: "Add the origin to allow_origins of the policy."},
		"method-not-allowed":         {Text: "Add the method to allow_methods of the policy."},
		"header-not-allowed":         {Text: "Add the header to allow_headers of the policy."},
		"header-not-exposed":         {Text: "Add the header to expose_headers of the policy."},
		"url-not-found":              {Text: "No route of the gateway has this path on this host: correct the URL, or add a route.", Only: true},
		"gateway-error-without-cors": {Text: "The gateway cannot reach the server that it forwards to. Start it, or correct upstream in the route; the log of the gateway has the cause.", Only: true},
	},
})

// MayBeCorsac reports whether a response is a refused preflight as package cors of
// corsac sends it: in a program in Go, or in corsac serve before a program in
// anything. A URL that is malformed, such as one with %zz in its path, shows which:
// corsac serve answers it with JSON.
func MayBeCorsac(seen []Seen) bool {
	return slices.ContainsFunc(seen, func(s Seen) bool { return s.Method == "OPTIONS" && bareRefusal(&s) })
}
