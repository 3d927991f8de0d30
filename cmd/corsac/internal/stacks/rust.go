package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "axum",
	Aliases:  []string{"tower-http"},
	Title:    "axum",
	Layer:    Application,
	Holds:    Errors | Vary | VaryPreflights | Preflights,
	Versions: "tower-http 0.6",
	Why:      "A predicate, since a list of CorsLayer has no patterns. app.layer after the routes puts it outside of them. With credentials CorsLayer panics if anything is Any, so all lists are written out.",
	Signs: []Sign{
		body(finding.Certain, "Failed to deserialize the JSON body into the target type"),
		body(finding.Certain, "Expected request with `Content-Type: application/json`"),
		trait(finding.Possible, "content-length: 0 and date in lower case and nothing else, as hyper sends them", func(s *Seen) bool {
			return s.Status == 404 && s.Body == "" && len(s.Headers) == 2 && s.inOrder("content-length", "date")
		}),
	},
	Projects: []Project{{File: "Cargo.toml", Contains: "axum"}},
	Snippet:  axumSnippet,
	Advice: map[string]Advice{
		"preflight-not-routed":    {Text: "axum answers OPTIONS with 405. Put the CorsLayer on the whole router, after all routes: a layer applies to the routes that were added before it."},
		"preflight-requires-auth": {Text: "Put the CorsLayer outside the layer that authenticates: of several calls of .layer, the last one is the outermost."},
		"auth-error-without-cors": {Text: "Put the CorsLayer outside the layer that authenticates: of several calls of .layer, the last one is the outermost."},
		"cors-missing-on-route":   {Text: "A layer applies to the routes that were added before it: call .layer(cors) last."},
	},
})

var _ = register(&Stack{
	Name:     "actix",
	Aliases:  []string{"actix-web", "actix-cors"},
	Title:    "Actix Web",
	Layer:    Application,
	Versions: "actix-cors 0.7", Holds: Preflights,
	Why: "allowed_origin takes whole origins; patterns are a function. The last wrap of the App is the outermost, so that errors of inner middleware carry the headers.",
	Signs: []Sign{
		bodyLike(finding.Certain, `^(?:Json deserialize error: |Requested application data is not configured correctly)`, "the text of Actix for an argument that is wrong"),
		bodyLike(finding.Certain, `^(?:Origin is not allowed to make this request|Request method is not allowed|Requested method is not allowed|One or more headers are not allowed)$`, "the refusal of actix-cors"),
	},
	Projects: []Project{{File: "Cargo.toml", Contains: "actix-web"}},
	Snippet:  actixSnippet,
	Advice: map[string]Advice{
		"preflight-not-routed":      {Text: "Actix answers OPTIONS with 404 or 405. Call .wrap(cors) on the App, not on a scope."},
		"preflight-requires-auth":   {Text: "Call .wrap(cors) last: of several calls of .wrap, the last one is the outermost."},
		"auth-error-without-cors":   {Text: "Call .wrap(cors) last: of several calls of .wrap, the last one is the outermost."},
		"server-error-without-cors": {Text: "The error is in the log of the server: fix that first. If a middleware inside returns Err, actix-cors adds nothing: answer with a response, not with an error."},
	},
})

func axumSnippet(p *cors.Policy) Snippet {
	r := rulesOf(p)
	var c code
	c.line("let cors = tower_http::cors::CorsLayer::new()")
	switch {
	case r.anyOrigin:
		c.line("    .allow_origin(tower_http::cors::Any)")
	case len(r.patterns) == 0:
		c.line("    .allow_origin([%s])", list(rustCall("axum::http::HeaderValue::from_static"), r.exact...))
	default:
		c.line("    .allow_origin(tower_http::cors::AllowOrigin::predicate(|origin, _| {")
		rustAllowed(&c, r)
		c.line("    }))")
	}
	c.line("    .allow_methods([%s])", list(rustMethod, r.methods...))
	switch {
	case r.anyHeader:
		c.line("    .allow_headers(tower_http::cors::AllowHeaders::mirror_request())")
	case len(r.headers) > 0:
		c.line("    .allow_headers([%s])", list(rustName, r.headers...))
	}
	if len(r.expose) == 1 && r.expose[0] == "*" {
		c.line("    .expose_headers(tower_http::cors::Any)")
	} else if len(r.expose) > 0 {
		c.line("    .expose_headers([%s])", list(rustName, r.expose...))
	}
	c.when(r.credentials, "    .allow_credentials(true)")
	c.when(r.maxAge >= 0, "    .max_age(std::time::Duration::from_secs(%d))", r.maxAge)
	endStatement(&c)
	c.line("let app = app.layer(cors);")
	install := "cargo add tower-http --features cors"
	if len(r.patterns) > 0 {
		install += " && cargo add regex"
	}
	return r.snippet(&c, Snippet{
		File:      "src/main.rs",
		Place:     "after all routes and other layers of app",
		Install:   install,
		Shortfall: gaps(everyOptions),
	})
}

func actixSnippet(p *cors.Policy) Snippet {
	r := rulesOf(p)
	var c code
	c.line("let cors = actix_cors::Cors::default()")
	if r.anyOrigin {
		c.line("    .allow_any_origin()")
		c.line("    .send_wildcard()")
	}
	for _, s := range r.exact {
		c.line("    .allowed_origin(%s)", rustString(s))
	}
	if len(r.patterns) > 0 {
		only := &rules{patterns: r.patterns}
		c.line("    .allowed_origin_fn(|origin, _| {")
		rustAllowed(&c, only)
		c.line("    })")
	}
	c.line("    .allowed_methods([%s])", list(rustString, r.methods...))
	switch {
	case r.anyHeader:
		c.line("    .allow_any_header()")
	case len(r.headers) > 0:
		c.line("    .allowed_headers([%s])", list(rustString, r.headers...))
	}
	if len(r.expose) == 1 && r.expose[0] == "*" {
		c.line("    .expose_any_header()")
	} else if len(r.expose) > 0 {
		c.line("    .expose_headers([%s])", list(rustString, r.expose...))
	}
	c.when(r.credentials, "    .supports_credentials()")
	c.line("    .max_age(%s)", rustMaxAge(r))
	endStatement(&c)
	c.line("App::new().wrap(cors) // the last wrap of the App")
	install := "cargo add actix-cors"
	if len(r.patterns) > 0 {
		install += " regex"
	}
	return r.snippet(&c, Snippet{
		File:      "src/main.rs",
		Place:     "in the closure of HttpServer::new",
		Install:   install,
		Shortfall: gaps("Refused preflights get 400, without Vary: Origin."),
	})
}

// endStatement makes a statement of the code so far, with an empty line after it.
func endStatement(c *code) {
	expression := c.lines()
	*c = code{}
	c.line("%s;", expression)
	c.line("")
}

func rustMaxAge(r *rules) string {
	if r.maxAge < 0 {
		return "None"
	}
	return decimal(r.maxAge)
}

// rustAllowed writes the inside of a closure that decides about an origin.
func rustAllowed(c *code, r *rules) {
	c.line("        static PATTERN: std::sync::LazyLock<regex::Regex> =")
	c.line("            std::sync::LazyLock::new(|| regex::Regex::new(%s).unwrap());", rustString(r.union().anchored()))
	c.line("        let Ok(origin) = origin.to_str() else { return false };")
	exact := ""
	if len(r.exact) > 0 {
		exact = "[" + list(rustString, r.exact...) + "].contains(&origin) || "
	}
	c.line("        %sPATTERN.is_match(origin)", exact)
}

// rustCall returns the function that writes a call with a literal.
func rustCall(function string) func(string) string {
	return func(s string) string { return function + "(" + rustString(s) + ")" }
}

// rustName returns the name of a header. In a static one, capitals would panic.
func rustName(s string) string {
	return rustCall("axum::http::HeaderName::from_static")(strings.ToLower(s))
}

// rustMethod returns a method.
func rustMethod(s string) string {
	switch s {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return "axum::http::Method::" + s
	default:
		return "axum::http::Method::from_bytes(b" + rustString(s) + ").unwrap()"
	}
}
