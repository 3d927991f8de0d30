package httproute

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/yamlread"
)

// builder makes a configuration of the routes of several files.
type builder struct {
	backends   []*backend
	allOrigins bool // with credentials, too

	config config.Config
	places map[string]map[string]finding.Place // of policies
	notes  []finding.Finding
	taken  map[string]string // where the match is that takes the requests of a key
	parent string            // the parents of all routes, and where they are
	first  string
}

func newBuilder(s *Source) (*builder, error) {
	b := &builder{
		allOrigins: s.allOriginsWithCredentials, places: map[string]map[string]finding.Place{}, taken: map[string]string{},
		config: config.Config{
			Policies: map[string]cors.Policy{},
			Gateway:  config.Gateway{Listen: cmp.Or(s.Listen, config.DefaultListen), Admin: s.Admin},
		},
	}
	for _, text := range s.backends {
		one, err := parseBackend(text)
		if err != nil {
			return nil, err
		}
		for _, other := range b.backends {
			if other.namespace == one.namespace && other.name == one.name && other.port == one.port {
				return nil, flagError("--backend %q and %q are about the same one; drop one", other.text, text)
			}
		}
		b.backends = append(b.backends, one)
	}
	return b, nil
}

// read reads the objects of a file. The error is of type [yamlread.Errors].
func (b *builder) read(file string, data []byte) error {
	return yamlread.ParseAll(file, data, func(d *yamlread.Decoder, root yamlread.Value) {
		(&reader{d, b, file}).object(root, "")
	})
}

// policyName returns the name of a policy, which is that of another one that is the
// same, and otherwise a new one that begins with base.
func (b *builder) policyName(base string, p *cors.Policy, at map[string]finding.Place) string {
	for name, other := range b.config.Policies {
		if reflect.DeepEqual(other, *p) {
			return name
		}
	}
	base = base[:min(len(base), 90)] // names have at most 100 bytes
	name := base
	for i := 2; ; i++ {
		if _, taken := b.config.Policies[name]; !taken {
			break
		}
		name = fmt.Sprintf("%s-%d", base, i)
	}
	b.config.Policies[name], b.places[name] = *p, at
	return name
}

// add adds the route of a match. It reports one that an earlier match hides.
func (r *reader) add(at yamlread.Place, rt *config.Route) {
	key := strings.ToLower(rt.Host) + " " + rt.Path
	if rt.Exact {
		key += " exactly"
	} else {
		key = strings.TrimRight(key, "/")
	}
	if before := r.taken[key]; before != "" {
		r.Refuse(at, yamlread.Error{Code: CodeDuplicate, Why: "the match at " + before + " takes the same requests", Fix: "remove one of them, or give it another path or hostname"})
		return
	}
	r.taken[key] = fmt.Sprintf("%s:%d", r.file, at.Line)
	r.config.Gateway.Routes = append(r.config.Gateway.Routes, *rt)
}

// oneParent reports a route whose parents are not those of the routes before.
func (r *reader) oneParent(at yamlread.Place, parents []string) {
	slices.Sort(parents)
	all := strings.Join(parents, ", ")
	if r.first == "" {
		r.parent, r.first = all, fmt.Sprintf("%s:%d", r.file, at.Line)
		return
	}
	if all != r.parent {
		r.Refuse(at, yamlread.Error{
			Code: CodeUnsupported, Why: fmt.Sprintf("its parents are %s, and those of the route at %s %s; all routes are served at one address", orNone(all), r.first, orNone(r.parent)),
			Fix: "run a corsac serve for each gateway, with its files",
		})
	}
}

func orNone(s string) string { return cmp.Or(s, "none") }
