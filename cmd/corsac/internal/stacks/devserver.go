package stacks

import "github.com/corsac-dev/corsac/cors"

// devAdvice is that of development servers: how a page reaches the API through
// the server that it comes from, and how the server accepts another name.
func devAdvice(proxy, hosts Snippet) map[string]Advice {
	code := func(s Snippet) func(*cors.Policy) Snippet { return func(*cors.Policy) Snippet { return s } }
	fallback := Advice{
		Text: "The development server of the front end answers every unknown path with its page. Call the address of the API; or let the server forward the path to the API, and fetch it by a relative URL such as /api/items: " +
			"the request is then to the same origin, and no CORS is needed. Write the address of your API for http://localhost:8080.",
		Code: code(proxy),
	}
	return map[string]Advice{
		"spa-fallback-instead-of-api": fallback,
		"html-instead-of-json":        fallback,
		"host-header-rejected":        {Text: "The development server does not know the name by which it was called. Allow that name; write it for dev.example.com.", Code: code(hosts)},
		"gateway-error-without-cors":  {Text: "The development server forwards the path, but the API did not answer: start it, or correct the target. If it listens on 127.0.0.1 only, write that for localhost.", Code: code(proxy)},
	}
}
