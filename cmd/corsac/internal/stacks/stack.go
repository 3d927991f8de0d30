package stacks

import (
	"cmp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cors"
)

// Stack is a kind of server.
type Stack struct {
	// Name is what users write, such as express; Aliases are other names for it.
	Name    string
	Aliases []string
	// BuiltOn are the names of stacks inside this one, such as Express in Nest:
	// where their signs are seen together with its own, it is the one to name.
	BuiltOn []string
	// OwnsCORS says that it handles CORS wherever it is, and takes the headers of
	// CORS off what the layers behind it send.
	OwnsCORS bool
	// Title is the name in texts, such as Express.
	Title string
	// Layer is where it stands between browser and application.
	Layer Layer
	// Versions are those for which the snippet is written, such as nginx 1.22; ""
	// for what has no versions that matter.
	Versions string
	// Proof is how it is known that the snippet works.
	Proof Proof
	// Holds is what a server with the snippet does. What is not known is left out.
	Holds Invariants
	// Why says why the snippet has its shape.
	Why string
	// Server starts the stack with a snippet; nil if corsac cannot.
	Server *Server
	// Source reads and changes its files; nil if corsac cannot.
	Source *Source
	// Signs are traits of responses that show it.
	Signs []Sign
	// Projects are files that show it in a project's folder.
	Projects []Project
	// Setup is what usually sets CORS headers on it, such as app.use(cors(…)), if
	// the Snippet is of the same kind; it follows "in place of your".
	Setup string
	// Forward is how its development server passes requests on to an API; nil if
	// it cannot.
	Forward *Forward
	// Snippet returns the lines that carry out a policy. The policy is valid.
	Snippet func(*cors.Policy) Snippet
	// Routed puts routes into a Snippet: where the lines stand, and the upstream.
	// They are plain, one per path, the longest path first. It returns those that
	// it could not say, and a note or "". It is nil if the snippet has no place
	// for them.
	Routed func(s *Snippet, routes []Route) (left []Route, note string)
	// Reload is the command after which the server uses its changed files; "" if it
	// has to be restarted.
	Reload string
	// Example is the upstream in the snippet, which people replace, and Nowhere
	// what stands in its place where a source does not show the upstream.
	Example, Nowhere string
	// Join puts the snippets of several policies into one text, with its place. It
	// is nil if each needs a file of its own.
	Join func([]Joint) (code, place string)
	// Forms are other ways to write the same, such as Terraform for a bucket.
	Forms []Form
	// Advice has what to do about a cause, by its slug, where this stack has an
	// answer of its own, such as the word always in nginx.
	Advice map[string]Advice
}

// Layer is where a stack stands between browser and application.
type Layer uint8

// String returns edge, proxy, storage, dev-server or application.
func (l Layer) String() string {
	return [...]string{"edge", "proxy", "storage", "dev-server", "application"}[l]
}

// The layers, the outermost first.
const (
	Edge        Layer = iota // CDNs and firewalls
	Proxy                    // reverse proxies and API gateways
	Storage                  // object storage
	DevServer                // development servers of front ends
	Application              // frameworks and application servers
)

// Snippet is a piece of configuration or code.
type Snippet struct {
	// File is where it usually stands, such as app.js.
	File string
	// Place says where in the file, such as "before the routes".
	Place string
	// Install is a command that installs what it needs; it may be "".
	Install string
	// Code are the lines, without a newline at the end.
	Code string
	// Shortfall is how it differs from the policy.
	Shortfall
}

// Form is another way to write a snippet.
type Form struct {
	Name    string // what users write, such as terraform
	Snippet func(*cors.Policy) Snippet
}

// Form returns what writes the snippet in a form: "" is the usual one. It is nil
// if the stack does not have it.
func (s *Stack) Form(name string) func(*cors.Policy) Snippet {
	if name == "" {
		return s.Snippet
	}
	for _, form := range s.Forms {
		if form.Name == name {
			return form.Snippet
		}
	}
	return nil
}

// FormNames returns the names of the forms besides the usual one.
func (s *Stack) FormNames() (names []string) {
	for _, form := range s.Forms {
		names = append(names, form.Name)
	}
	return names
}

// Advice is what to do about one cause.
type Advice struct {
	// Text says it in a sentence or two.
	Text string
	// Code returns lines that do it, if they differ from the Snippet of the
	// stack; nil means the Snippet, or with Only nothing.
	Code func(*cors.Policy) Snippet
	// Only says that the text is all there is to do: no Snippet is needed.
	Only bool
}

// registry is where the files of this package put their stacks. It is filled by
// their variables, so that nothing runs twice.
var registry []*Stack

// register adds a stack.
func register(s *Stack) *Stack { //nolint:unparam // its result makes it the value of a variable
	registry = append(registry, s)
	return s
}

// All returns every stack, sorted by name.
func All() []*Stack {
	return slices.SortedFunc(slices.Values(registry), func(a, b *Stack) int { return cmp.Compare(a.Name, b.Name) })
}

// Lookup returns the stack of a name or alias, ignoring case, or nil.
func Lookup(name string) *Stack {
	for _, s := range registry {
		if strings.EqualFold(s.Name, name) || slices.ContainsFunc(s.Aliases, func(alias string) bool { return strings.EqualFold(alias, name) }) {
			return s
		}
	}
	return nil
}
