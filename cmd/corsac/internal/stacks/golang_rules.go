package stacks

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

// goRule is a rule for one or more of the stacks of Go.
type goRule struct {
	stacks []string
	Rule
}

// goRules are the rules; their ID is without the stack.
var goRules = []goRule{
	{goAllStacks, Rule{
		"any-origin-with-credentials", finding.Error, "Every origin (*) with credentials",
		"Browsers refuse responses with * to requests with credentials, and some libraries end the program or reflect every origin instead.",
		"List the origins whose pages may use the data of users, or leave out the credentials.", "wildcard-origin-with-credentials",
	}},
	{goAllStacks, Rule{
		"reflects-with-credentials", finding.Error, "Every origin is reflected, with credentials",
		"Any website can read the data of users who are logged in.",
		"List the origins whose pages may use the data of users.", "",
	}},
	{goAllStacks, Rule{
		"reflects-every-origin", finding.Warning, "Every origin is reflected",
		"Pages of every website can read the responses. If that is meant, * says so, and caches need no copy per origin.",
		"List the origins, or allow *.", "",
	}},
	{goAllStacks, Rule{
		"origin-form", finding.Error, "No browser sends this origin",
		"Browsers send scheme, host and a port that is not the default one, in lower case: an origin with a slash, a path or without a scheme matches nothing.",
		"Write the origin as browsers send it, such as https://app.example.com.", "origin-not-allowed",
	}},
	{goAllStacks, Rule{
		"loose-origin", finding.Error, "The condition also allows origins of others",
		"A part of an origin is compared without its ends, so that anybody can register a domain that matches.",
		"Compare whole origins, or write a pattern for the subdomains of a domain, such as https://*.example.org.", "",
	}},
	{goAllStacks, Rule{
		"null-origin", finding.Warning, "The origin null is allowed",
		"Every website can send requests with the origin null, from a sandboxed frame.",
		"Serve the page over http instead, and list its origin.", "acao-literal-null",
	}},
	{[]string{"rs-cors", "chi", "gin", "echo"}, Rule{
		"wildcard-crosses", finding.Warning, "The * in an origin stands for any characters",
		"It matches more than names of hosts: slashes, colons and, at the end of the host, other domains. No browser sends such an origin for a pattern that ends with a domain; other patterns allow everybody.",
		"Decide in a function with an anchored expression, as corsac generate writes it.", "",
	}},
	{[]string{"rs-cors", "chi", "gin", "fiber", "echo", "go"}, Rule{
		"any-origin", finding.Note, "Every origin is allowed",
		"Pages of every website can read the responses.",
		"List the origins, unless the data is public.", "",
	}},
	{[]string{"rs-cors", "chi"}, Rule{
		"debug", finding.Note, "Debug is on",
		"The library logs each request, with its origin.",
		"Set it only in development.", "",
	}},
	{[]string{"rs-cors", "chi", "go"}, Rule{
		"passes-preflights", finding.Warning, "Preflights are passed on to the application",
		"The application must answer OPTIONS with success on every path; a router without such routes answers 404 or 405, and browsers refuse the preflight.",
		"Leave it out.", "preflight-not-routed",
	}},
	{[]string{"rs-cors", "chi"}, Rule{
		"method-missing", finding.Warning, "A method that browsers send without asking is not listed",
		"The library compares the method of every request with the list, so that a page cannot read the response to such a request.",
		"List GET, HEAD and POST, as far as the server has them.", "cors-missing-on-method",
	}},
	{[]string{"gin"}, Rule{
		"lower-cased-expression", finding.Error, "The expression is put in lower case",
		`gin-contrib/cors lower-cases expressions: \S then means \s, and \D means \d, so that it matches something else.`,
		"Use AllowOriginFunc with an anchored expression.", "",
	}},
	{[]string{"gin"}, Rule{
		"risky-scheme", finding.Warning, "Pages from files, or every extension of a browser, are allowed",
		"Any page that a user opens from a file, or any extension, can read the responses.",
		"List the origins that you need.", "",
	}},
	{[]string{"gin", "go"}, Rule{
		"without-vary", finding.Note, "Some responses have no Vary: Origin",
		"A cache may give pages a response without CORS headers, or with those for another origin.",
		"Add Vary: Origin to every response, in a middleware before it.", "missing-vary-origin",
	}},
	{[]string{"gin"}, Rule{
		"blocks-requests", finding.Note, "Requests of other origins get 403",
		"gin-contrib/cors does not pass them on, also those that a development proxy forwards with the page's Origin.",
		"List the origin of each page that uses the server, also through a proxy.", "origin-not-allowed",
	}},
	{[]string{"go"}, Rule{
		"max-age-capped", finding.Note, "gorilla/handlers sends at most 600 seconds",
		"It silently cuts what is more.",
		"Write 600 or less, or use another library.", "",
	}},
	{[]string{"fiber"}, Rule{
		"blank-after-comma", finding.Error, "A blank before a pattern makes it mean nothing",
		"Fiber v2 does not take it away before a pattern such as https://*.example.org.",
		"Take out the blank.", "origin-not-allowed",
	}},
	{[]string{"echo"}, Rule{
		"wildcard-in-origin", finding.Error, "Echo v5 compares whole origins",
		"A * in an origin ends the program at its start.",
		"Use UnsafeAllowOriginFunc with an anchored expression, as corsac generate echo writes it.", "",
	}},
	{[]string{"rs-cors", "go", "jub0bs"}, Rule{
		"method-pattern", finding.Error, "Preflights do not get here",
		"The pattern has a method, so that http.ServeMux answers OPTIONS with 405 before this middleware runs.",
		"Wrap the whole mux instead of a handler in it.", "preflight-not-routed",
	}},
	{[]string{"rs-cors", "go", "jub0bs"}, Rule{
		"inside-mux", finding.Warning, "The middleware is inside the mux",
		"Other routes, and the mux's own 404, 405 and redirects, have no CORS headers.",
		"Wrap the whole mux.", "cors-missing-on-route",
	}},
	{[]string{"rs-cors", "go", "jub0bs", "chi"}, Rule{
		"inside-auth", finding.Error, "Authentication runs before CORS",
		"It refuses preflights, which never carry a cookie or a token, and its 401 cannot be read.",
		"Wrap outside of it: the last wrapper is the first that runs.", "preflight-requires-auth",
	}},
	{[]string{"rs-cors", "go", "jub0bs"}, Rule{
		"inside-recover", finding.Warning, "Panics are answered outside of CORS",
		"The response to a panic has no CORS headers if the recovering middleware clears them, and browsers report a CORS error.",
		"Wrap outside of it.", "server-error-without-cors",
	}},
	{[]string{"gin", "echo", "fiber", "chi", "rs-cors", "go", "jub0bs"}, Rule{
		"after-auth", finding.Error, "Authentication runs before CORS",
		"It refuses preflights, which never carry a cookie or a token, and its 401 cannot be read.",
		"Use the middleware before the one that authenticates.", "preflight-requires-auth",
	}},
	{[]string{"gin", "fiber", "chi", "rs-cors", "go", "jub0bs"}, Rule{
		"after-routes", finding.Error, "The routes before it have no CORS headers",
		"A route has only the middleware that was used before it was made.",
		"Use the middleware right after the router is made.", "cors-only-on-preflight",
	}},
	{[]string{"gin", "echo", "fiber", "chi", "rs-cors", "go", "jub0bs"}, Rule{
		"on-group", finding.Warning, "The middleware is used on a group or a route",
		"Preflights have no route there, and unknown paths have no CORS headers.",
		"Use it on the router itself.", "preflight-not-routed",
	}},
	{[]string{"go"}, Rule{
		"added", finding.Warning, "Add adds a second Access-Control header",
		"If another layer sets it as well, or the handler is called twice, browsers refuse the response.",
		"Use Set.", "duplicate-acao",
	}},
	{[]string{"go"}, Rule{
		"own-header", finding.Warning, "A handler sets CORS headers beside the middleware",
		"What a handler sets wins over most packages, so that these responses follow another policy, and Add sends the header twice.",
		"Take it out, and let the middleware decide.", "duplicate-acao",
	}},
	{[]string{"go"}, Rule{
		"after-write", finding.Error, "The header is set after the response has begun",
		"Headers that are set after WriteHeader or the first Write are not sent.",
		"Set it before, or wrap the server in a middleware.", "headers-already-sent",
	}},
	{[]string{"go"}, Rule{
		"no-preflight", finding.Warning, "Nothing answers preflights",
		"The headers are set, but OPTIONS goes to the handler, which may refuse it, or do its work.",
		"Wrap the whole mux in a middleware that answers preflights.", "preflight-without-cors-headers",
	}},
	{[]string{"go"}, Rule{
		"missing-vary", finding.Warning, "Vary: Origin is missing",
		"The header depends on the origin of the request: a cache may give the response to pages of another origin.",
		`Add Vary: Origin, also to responses for other origins.`, "missing-vary-origin",
	}},
	{[]string{"go"}, Rule{
		"list-of-origins", finding.Error, "Several origins in one header",
		"Browsers accept only one origin, or *.",
		"Send the one that the request comes from, if it is allowed.", "acao-list-of-origins",
	}},
	{[]string{"go"}, Rule{
		"wildcard-in-header", finding.Error, "Browsers know no wildcards within an origin",
		"They compare the value with the origin of the page, byte for byte.",
		"Compare the origin in the server, and send it if it is allowed.", "acao-subdomain-wildcard",
	}},
	{[]string{"go"}, Rule{
		"wildcard-name-with-credentials", finding.Warning, "With credentials, * is only the name of a method or header",
		"It does not allow, or expose, all of them.",
		"List the names.", "wildcard-headers-with-credentials",
	}},
	{[]string{"go"}, Rule{
		"options-continues", finding.Warning, "A preflight goes on to the handler",
		"The branch for OPTIONS writes a status, but does not return.",
		"Return at its end.", "",
	}},
}

var goAllStacks = []string{"go", "rs-cors", "chi", "gin", "echo", "fiber", "jub0bs"}

// goRulesOf returns the rules of a stack, with their whole names.
func goRulesOf(stack string) (list []*Rule) {
	for _, r := range goRules {
		if slices.Contains(r.stacks, stack) {
			named := r.Rule
			named.ID = stack + "/" + r.ID
			list = append(list, &named)
		}
	}
	return list
}

// ruleNamed returns the rule with an ID, or nil.
func ruleNamed(rules []*Rule, id string) *Rule {
	i := slices.IndexFunc(rules, func(r *Rule) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return rules[i]
}
