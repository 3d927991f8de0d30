package stacks

import (
	"fmt"

	"github.com/corsac-dev/corsac/cors"
)

// Forward is how a development server passes the requests for a path on to an API.
type Forward struct {
	// File is where it stands, Place says where in the file.
	File, Place string
	// Line returns it in one line. The path has only letters, digits, - and _ in
	// its one segment, and the target is an origin. strip takes the path off what
	// the API gets.
	Line func(path, target string, strip bool) string
	// whole is the file with a place for the line.
	whole string
}

// snippet returns the example of a [Forward].
func (f *Forward) snippet() Snippet {
	return Snippet{File: f.File, Place: f.Place, Code: fmt.Sprintf(f.whole, f.Line("/api", "http://localhost:8080", false))}
}

// merged is the place of lines in a file that has others.
const merged = "merged with what is there"

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
