package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "laravel",
	Aliases:  []string{"lumen", "sanctum"},
	BuiltOn:  []string{"php"},
	Title:    "Laravel",
	Layer:    Application,
	Versions: "Laravel 9.2", Holds: Vary | Preflights,
	Why: "allowed_origins takes wildcards that also match a port, so patterns are expressions: complete PHP expressions with delimiters, anchors and D, because Laravel uses them as they are. max_age is set, as its default sends 0. Run php artisan config:clear afterwards.",
	Signs: []Sign{
		cookie(finding.Certain, "laravel_session"),
		body(finding.Certain, `"message":"CSRF token mismatch."`),
		bodyLike(finding.Certain, `"message": ?"The route .* could not be found\.`, "the JSON of Laravel for a path that no route takes"),
		body(finding.Certain, `"exception":"Illuminate\\`),
		trait(finding.Likely, "status 419, which only Laravel sends", func(s *Seen) bool { return s.Status == 419 }),
		bodyLike(finding.Likely, `^\{"message": ?"Unauthenticated\."\}$`, "the JSON of Laravel for a request without a session"),
		cookie(finding.Possible, "XSRF-TOKEN"),
	},
	Projects: []Project{{File: "composer.json", Contains: `"laravel/framework"`}, {File: "artisan"}},
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		headers := r.headers
		if r.anyHeader {
			headers = []string{"*"} // echoed, so that it goes with credentials
		}
		exact, patterns := r.exact, r.patterns
		if one := r.single(); one != "" {
			// Laravel sends a single origin to everyone, and without Vary.
			exact, patterns = nil, []pattern{exactPattern(one)}
		}
		if r.anyOrigin {
			exact = []string{"*"}
		}
		var c code
		c.line("<?php")
		c.line("")
		c.line("return [")
		c.line("    'paths' => ['*'],")
		c.line("    'allowed_methods' => [%s],", list(phpString, r.methods...))
		c.line("    'allowed_origins' => [%s],", list(phpString, exact...))
		c.line("    'allowed_origins_patterns' => [%s],", list(phpString, phpPatterns(patterns)...))
		c.line("    'allowed_headers' => [%s],", list(phpString, headers...))
		c.line("    'exposed_headers' => [%s],", list(phpString, r.expose...))
		if r.maxAge < 0 {
			c.line("    'max_age' => null,")
		} else {
			c.line("    'max_age' => %d,", r.maxAge)
		}
		c.line("    'supports_credentials' => %t,", r.credentials)
		c.line("];")
		return r.snippet(&c, Snippet{
			File:  "config/cors.php",
			Place: "the whole file, which php artisan config:publish cors makes; then run php artisan config:clear",
		})
	},
	Advice: map[string]Advice{
		"csrf-origin-check-failed":  {Text: "CORS lets the page read the answer; the CSRF check is another one. Put routes for other origins into routes/api.php, which has no such check; with Sanctum and cookies, add the host of the page to SANCTUM_STATEFUL_DOMAINS, request /sanctum/csrf-cookie first, and send X-XSRF-TOKEN (axios: withCredentials and withXSRFToken).", Only: true},
		"preflight-not-routed":      {Text: "The path is not under paths in config/cors.php. Use '*', and run php artisan config:clear."},
		"cors-missing-on-route":     {Text: "The path is not under paths in config/cors.php: by default, only api/* and sanctum/csrf-cookie are. Run php artisan config:clear after the change."},
		"preflight-requires-auth":   {Text: "Keep HandleCors among the global middleware, before the one that authenticates; route middleware runs later."},
		"server-error-without-cors": {Text: "The exception is in storage/logs: fix that first. A fatal error before HandleCors has run, such as one in a service provider, carries no headers."},
		"acao-other-origin":         {Text: "With one entry in allowed_origins, Laravel sends it to everyone. A pattern is compared."},
		"cookie-samesite-blocks-cross-site": {
			Text: "Set SESSION_SAME_SITE=none and SESSION_SECURE_COOKIE=true in .env.", Only: true,
		},
	},
})

// phpPatterns returns patterns for preg_match, between # and #D, with which $
// does not match before a newline. Patterns never have a #.
func phpPatterns(patterns []pattern) []string {
	list := make([]string, len(patterns))
	for i, p := range patterns {
		list[i] = "#" + strings.ReplaceAll(p.anchored(), "#", `\#`) + "#D"
	}
	return list
}
