// Package httproute makes the configuration of a gateway from HTTPRoutes of the
// Kubernetes Gateway API, in the standard channel of gateway.networking.k8s.io/v1.
//
//   - What the gateway cannot do is a mistake at its place in the file, never left out.
//   - Metadata other than name and namespace, and status, are not read. All routes are
//     served at one address, so those of different parents are a mistake.
//   - Objects of other kinds are left alone, unless they are policies for what is served.
package httproute

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/internal/yamlread"
)

// The codes of mistakes in HTTPRoutes. They are stable.
const (
	CodeUnsupported = "httproute.unsupported" // the gateway cannot do it
	CodeInvalid     = "httproute.invalid"     // the API does not allow it
	CodeBackend     = "httproute.backend"     // not one backend that is known
	CodeDuplicate   = "httproute.duplicate"   // another match takes the same requests
	CodeMissing     = "httproute.missing"     // there is no HTTPRoute
	CodeKind        = "httproute.kind"        // another kind of object
	CodeOrigins     = "httproute.origins"     // all origins with credentials
)

// NoteCredentials is the cause of a note about origins that can read users' data.
const NoteCredentials = "httproute.credentials"

// Source is which HTTPRoutes to serve: the values of flags.
type Source struct {
	Files                     []string
	Listen, Admin             string // of the configuration
	backends                  []string
	allOriginsWithCredentials bool
}

// allOriginsFlag is the name of a flag.
const allOriginsFlag = "dangerously-all-origins"

// Register registers the flags.
func (s *Source) Register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&s.Files, "httproute", nil, "a `FILE` with HTTPRoutes of Kubernetes to serve, instead of a file of corsac; repeatable")
	flags.StringArrayVar(&s.backends, "backend", nil, "where a backend of HTTPRoutes is: [NAMESPACE/]NAME[:PORT]=URL, a `BACKEND`; repeatable (default http://NAME.NAMESPACE.svc:PORT)")
	flags.BoolVar(&s.allOriginsWithCredentials, allOriginsFlag, false, `serve HTTPRoutes that allow "*" with credentials: every website can then read the data of users`)
}

// Given reports whether the user has given any of the flags.
func (s *Source) Given(flags *pflag.FlagSet) bool {
	return flags.Changed("httproute") || flags.Changed("backend") || flags.Changed(allOriginsFlag)
}

// Begin is [Source.Load] for the first time. others are the other flags that say what to
// serve, which do not go with these.
func (s *Source) Begin(others []string) (*config.Config, error) {
	switch {
	case len(s.Files) == 0:
		return nil, flagError("--backend and --%s are for HTTPRoutes; add --httproute FILE", allOriginsFlag)
	case len(others) > 0:
		return nil, flagError("--httproute and %s both say what to serve; drop one", strings.Join(others, ", "))
	}
	return s.Load()
}

// FlagError is what is wrong with a flag.
type FlagError struct{ text string }

// Error implements error.
func (e *FlagError) Error() string { return e.text }

func flagError(format string, args ...any) error { return &FlagError{fmt.Sprintf(format, args...)} }

// Load reads the files. The error is of type [finding.Mistakes] if what is in them
// cannot be served, a [*FlagError] if a flag is wrong, and otherwise it says which file
// cannot be read.
func (s *Source) Load() (*config.Config, error) {
	b, err := newBuilder(s)
	if err != nil {
		return nil, err
	}
	var all finding.Mistakes
	for _, name := range s.Files {
		data, err := config.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var found yamlread.Errors
		if errors.As(b.read(name, data), &found) {
			all = append(all, config.Mistakes(found)...)
		}
	}
	if len(all) == 0 && len(b.config.Gateway.Routes) == 0 {
		all = config.Mistakes(yamlread.Errors{{File: s.Files[0], Code: CodeMissing, Why: "there is no HTTPRoute in it", Fix: "name a file with one"}})
	}
	if len(all) > 0 {
		return nil, all
	}
	for _, backend := range b.backends {
		if !backend.used {
			return nil, flagError("--backend %q: no backendRef is to it; correct the name, or drop it", backend.text)
		}
	}
	return config.From(&b.config, config.Origin{Name: "corsac.yaml of the HTTPRoutes", Places: b.places, Notes: b.notes})
}

// backend is where a backend is.
type backend struct {
	text                  string // as it is written
	namespace, name, port string
	url                   *url.URL
	used                  bool
}

// parseBackend reads the value of a flag.
func parseBackend(text string) (*backend, error) {
	name, address, ok := strings.Cut(text, "=")
	b := &backend{text: text, name: name}
	if namespace, rest, both := strings.Cut(name, "/"); both {
		b.namespace, b.name = namespace, rest
		ok = ok && namespace != ""
	}
	b.name, b.port, _ = strings.Cut(b.name, ":")
	if !ok || b.name == "" {
		return nil, flagError("--backend %q is not a name and a URL; write one such as shop=http://127.0.0.1:9000", text)
	}
	u, wrong := config.ParseUpstream(address)
	if wrong != nil {
		return nil, flagError("--backend %q: %s; %s", text, wrong.Why, wrong.Fix)
	}
	b.url = u
	return b, nil
}

// rank says how well the backend is that of a reference: 0 if it is not.
func (b *backend) rank(namespace, name, port string) int {
	if b.name != name || b.port != "" && b.port != port || b.namespace != "" && b.namespace != namespace {
		return 0
	}
	rank := 1
	if b.port != "" {
		rank++
	}
	if b.namespace != "" {
		rank += 2
	}
	return rank
}

// backendOf returns what the flags say about a reference; nil if that is nothing.
func (b *builder) backendOf(namespace, name, port string) *backend {
	best := slices.MaxFunc(append(b.backends, &backend{}), func(x, y *backend) int {
		return cmp.Compare(x.rank(namespace, name, port), y.rank(namespace, name, port))
	})
	if best.rank(namespace, name, port) == 0 {
		return nil
	}
	best.used = true
	return best
}
